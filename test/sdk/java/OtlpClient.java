import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.logs.OtlpGrpcLogRecordExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.concurrent.TimeUnit;

/**
 * Sends one trace with Java's official SDK and prints what it sent; with "signals" a log record and
 * two metrics too. Ends with 1 if the shutdown, or an export of spans, failed. Usage: java
 * OtlpClient.java grpc|http ENDPOINT [signals]
 */
class OtlpClient {
  /** Remembers a failure: the batch processor logs it and goes on. */
  record Checked(SpanExporter to, CompletableResultCode[] last) implements SpanExporter {
    public CompletableResultCode export(Collection<SpanData> spans) {
      return last[0] = to.export(spans);
    }

    public CompletableResultCode flush() {
      return to.flush();
    }

    public CompletableResultCode shutdown() {
      return to.shutdown();
    }
  }

  static void must(CompletableResultCode result, String what) {
    if (result == null || !result.join(60, TimeUnit.SECONDS).isSuccess()) {
      System.err.println(what + " failed");
      System.exit(1);
    }
  }

  static String sendTrace(Tracer tracer) {
    Span root = tracer.spanBuilder("checkout").setSpanKind(SpanKind.SERVER).startSpan();
    root.setAttribute("text", "äöü \"quoted\"");
    root.setAttribute("yes", true);
    root.setAttribute("no", false);
    root.setAttribute("whole", 42);
    root.setAttribute("negative", -7);
    root.setAttribute("real", 0.25);
    root.setAttribute(AttributeKey.stringArrayKey("texts"), java.util.List.of("a", "b"));
    root.setAttribute(AttributeKey.longArrayKey("numbers"), java.util.List.of(1L, 2L));
    SpanContext ids = root.getSpanContext();
    Span child =
        tracer
            .spanBuilder("pay")
            .setSpanKind(SpanKind.CLIENT)
            .setParent(Context.root().with(root))
            .addLink(ids, Attributes.of(AttributeKey.stringKey("why"), "test"))
            .startSpan();
    child.addEvent("retry", Attributes.of(AttributeKey.longKey("attempt"), 2L));
    child.setStatus(StatusCode.ERROR, "card refused");
    child.end();
    root.end();
    return String.format(
        "{\"traceId\": \"%s\", \"rootId\": \"%s\", \"childId\": \"%s\"}",
        ids.getTraceId(), ids.getSpanId(), child.getSpanContext().getSpanId());
  }

  static void sendLog(boolean grpc, String endpoint, Resource place) {
    var exporter =
        grpc
            ? OtlpGrpcLogRecordExporter.builder().setEndpoint(endpoint).build()
            : OtlpHttpLogRecordExporter.builder().setEndpoint(endpoint + "/v1/logs").build();
    var provider =
        SdkLoggerProvider.builder()
            .setResource(place)
            .addLogRecordProcessor(BatchLogRecordProcessor.builder(exporter).build())
            .build();
    provider
        .get("cart")
        .logRecordBuilder()
        .setSeverity(Severity.WARN)
        .setBody("cart is empty")
        .setAttribute(AttributeKey.stringKey("user"), "ann")
        .setAttribute(AttributeKey.longKey("tries"), 3L)
        .emit();
    must(provider.shutdown(), "the shutdown of logs");
  }

  static void sendMetrics(boolean grpc, String endpoint, Resource place) {
    var exporter =
        grpc
            ? OtlpGrpcMetricExporter.builder().setEndpoint(endpoint).build()
            : OtlpHttpMetricExporter.builder().setEndpoint(endpoint + "/v1/metrics").build();
    var provider =
        SdkMeterProvider.builder()
            .setResource(place)
            .registerMetricReader(PeriodicMetricReader.create(exporter))
            .build();
    var meter = provider.get("cart");
    var paid = Attributes.of(AttributeKey.booleanKey("paid"), true);
    meter.counterBuilder("orders").build().add(5, paid);
    meter.histogramBuilder("amount").build().record(0.25);
    must(provider.shutdown(), "the shutdown of metrics");
  }

  public static void main(String[] arguments) {
    boolean grpc = arguments[0].equals("grpc");
    String endpoint = arguments[1];
    Resource place =
        Resource.create(
            Attributes.of(
                AttributeKey.stringKey("service.name"), "java-shop",
                AttributeKey.longKey("host.cpus"), 2L));
    SpanExporter exporter =
        grpc
            ? OtlpGrpcSpanExporter.builder().setEndpoint(endpoint).build()
            : OtlpHttpSpanExporter.builder()
                .setEndpoint(endpoint + "/v1/traces")
                .setCompression("gzip")
                .build();
    var last = new CompletableResultCode[1];
    var provider =
        SdkTracerProvider.builder()
            .setResource(place)
            .addSpanProcessor(BatchSpanProcessor.builder(new Checked(exporter, last)).build())
            .build();
    String ids = sendTrace(provider.get("shop-scope", "1.2.3"));
    must(provider.shutdown(), "the shutdown of spans");
    must(last[0], "the export of spans");
    if (arguments.length > 2) {
      sendLog(grpc, endpoint, place);
      sendMetrics(grpc, endpoint, place);
    }
    System.out.println(ids);
  }
}
