import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import zipkin2.Endpoint;
import zipkin2.Span;
import zipkin2.reporter.AsyncReporter;
import zipkin2.reporter.InMemoryReporterMetrics;
import zipkin2.reporter.SpanBytesEncoder;
import zipkin2.reporter.urlconnection.URLConnectionSender;

/**
 * Sends one trace with Zipkin's own Java reporter, in the formats that Brave no longer writes too,
 * and prints what it sent. Usage: java ReporterClient.java JSON_V1|THRIFT|JSON_V2|PROTO3 URL
 */
class ReporterClient {
  static String id() {
    return String.format("%016x", ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE));
  }

  public static void main(String[] arguments) {
    var encoder = SpanBytesEncoder.valueOf(arguments[0]);
    var sender =
        URLConnectionSender.newBuilder()
            .endpoint(arguments[1])
            .encoding(encoder.encoding())
            .build();
    var metrics = new InMemoryReporterMetrics();
    var reporter =
        AsyncReporter.builder(sender)
            .metrics(metrics)
            .closeTimeout(30, TimeUnit.SECONDS)
            .build(encoder);
    String trace = id() + id(), root = id(), child = id();
    long now = System.currentTimeMillis() * 1000;
    var shop =
        Endpoint.newBuilder().serviceName("java-shop").ip("10.1.2.3").port(8080).build();
    var bank = Endpoint.newBuilder().serviceName("bank").ip("10.0.0.9").port(9000).build();
    reporter.report(
        Span.newBuilder()
            .traceId(trace)
            .parentId(root)
            .id(child)
            .name("pay")
            .kind(Span.Kind.CLIENT)
            .timestamp(now + 10)
            .duration(20)
            .localEndpoint(shop)
            .remoteEndpoint(bank)
            .addAnnotation(now + 15, "retry")
            .putTag("error", "card refused")
            .build());
    reporter.report(
        Span.newBuilder()
            .traceId(trace)
            .id(root)
            .name("checkout")
            .kind(Span.Kind.SERVER)
            .timestamp(now)
            .duration(100)
            .localEndpoint(shop)
            .putTag("text", "äöü \"quoted\"")
            .putTag("whole", "42")
            .build());
    reporter.flush();
    reporter.close();
    sender.close();
    if (metrics.spansDropped() != 0 || metrics.spans() != 2) {
      System.err.println(metrics.messagesDroppedByCause());
      System.exit(1);
    }
    System.out.printf(
        "{\"traceId\": \"%s\", \"rootId\": \"%s\", \"childId\": \"%s\"}%n", trace, root, child);
  }
}
