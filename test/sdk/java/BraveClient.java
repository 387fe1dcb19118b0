import brave.Span;
import brave.Tracing;
import java.util.concurrent.TimeUnit;
import zipkin2.reporter.Encoding;
import zipkin2.reporter.InMemoryReporterMetrics;
import zipkin2.reporter.brave.AsyncZipkinSpanHandler;
import zipkin2.reporter.urlconnection.URLConnectionSender;

/**
 * Sends one trace with Zipkin's own Java client, Brave, and prints what it sent. Usage: java
 * BraveClient.java JSON|PROTO3 URL
 */
class BraveClient {
  public static void main(String[] arguments) throws Exception {
    var sender =
        URLConnectionSender.newBuilder()
            .endpoint(arguments[1])
            .encoding(Encoding.valueOf(arguments[0]))
            .compressionEnabled(true)
            .build();
    var metrics = new InMemoryReporterMetrics();
    var handler =
        AsyncZipkinSpanHandler.newBuilder(sender)
            .metrics(metrics)
            .closeTimeout(30, TimeUnit.SECONDS)
            .build();
    var tracing =
        Tracing.newBuilder()
            .localServiceName("java-shop")
            .localIp("10.1.2.3")
            .localPort(8080)
            .traceId128Bit(true)
            .addSpanHandler(handler)
            .build();
    var tracer = tracing.tracer();
    Span root = tracer.newTrace().name("checkout").kind(Span.Kind.SERVER).start();
    root.tag("text", "äöü \"quoted\"").tag("whole", "42");
    Span child = tracer.newChild(root.context()).name("pay").kind(Span.Kind.CLIENT).start();
    child.remoteServiceName("bank");
    child.remoteIpAndPort("10.0.0.9", 9000);
    child.annotate("retry");
    child.tag("error", "card refused");
    child.finish();
    root.finish();
    handler.flush();
    handler.close(); // sends what is left
    tracing.close();
    sender.close();
    if (metrics.spansDropped() != 0 || metrics.spans() != 2) {
      System.err.println(metrics.messagesDroppedByCause());
      System.exit(1);
    }
    var ids = root.context();
    System.out.printf(
        "{\"traceId\": \"%s\", \"rootId\": \"%s\", \"childId\": \"%s\"}%n",
        ids.traceIdString(), ids.spanIdString(), child.context().spanIdString());
  }
}
