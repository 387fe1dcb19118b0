import brave.Span;
import brave.Tracing;
import brave.propagation.TraceContext;
import java.util.concurrent.TimeUnit;
import zipkin2.reporter.Encoding;
import zipkin2.reporter.brave.AsyncZipkinSpanHandler;
import zipkin2.reporter.brave.ZipkinSpanHandler;
import zipkin2.reporter.urlconnection.URLConnectionSender;

/**
 * Sends one trace with Zipkin's own Java client, Brave, and prints what it sent. Usage: java
 * ZipkinClient.java JSON|PROTO3|THRIFT URL
 */
class ZipkinClient {
  public static void main(String[] arguments) throws Exception {
    var sender =
        URLConnectionSender.newBuilder()
            .endpoint(arguments[1])
            .encoding(Encoding.valueOf(arguments[0]))
            .compressionEnabled(true)
            .build();
    var dropped = new zipkin2.reporter.InMemoryReporterMetrics();
    var handler =
        AsyncZipkinSpanHandler.newBuilder(sender)
            .metrics(dropped)
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
    if (dropped.spansDropped() != 0 || dropped.spans() != 2) {
      System.err.println(dropped.messagesDroppedByCause());
      System.exit(1);
    }
    TraceContext ids = root.context();
    System.out.printf(
        "{\"traceId\": \"%s\", \"rootId\": \"%s\", \"childId\": \"%s\"}%n",
        ids.traceIdString(), ids.spanIdString(), child.context().spanIdString());
  }
}
