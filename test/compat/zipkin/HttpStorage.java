package clew;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import zipkin2.Call;
import zipkin2.Callback;
import zipkin2.DependencyLink;
import zipkin2.Span;
import zipkin2.codec.DependencyLinkBytesDecoder;
import zipkin2.codec.SpanBytesDecoder;
import zipkin2.codec.SpanBytesEncoder;
import zipkin2.storage.AutocompleteTags;
import zipkin2.storage.QueryRequest;
import zipkin2.storage.ServiceAndSpanNames;
import zipkin2.storage.SpanConsumer;
import zipkin2.storage.SpanStore;
import zipkin2.storage.StorageComponent;
import zipkin2.storage.Traces;

/**
 * A Zipkin storage that is a running clew: spans are posted and everything is read through
 * Zipkin's API, version 2. What it holds is one tenant's, so {@link #clear()} takes another one.
 */
final class HttpStorage extends StorageComponent
    implements SpanConsumer, SpanStore, Traces, ServiceAndSpanNames, AutocompleteTags {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final Gson GSON = new Gson();

  private final String base;
  private volatile String tenant = newTenant();

  private HttpStorage(String base) {
    this.base = base;
  }

  /** What is set of the storage here was set of the clew when it was started. */
  static StorageComponent.Builder newBuilder(String base) {
    return new StorageComponent.Builder() {
      @Override public Builder strictTraceId(boolean strict) {
        return this;
      }

      @Override public Builder searchEnabled(boolean enabled) {
        return this;
      }

      @Override public Builder autocompleteKeys(List<String> keys) {
        return this;
      }

      @Override public StorageComponent build() {
        return new HttpStorage(base);
      }
    };
  }

  void clear() {
    tenant = newTenant();
  }

  private static String newTenant() {
    return "kit-" + UUID.randomUUID();
  }

  @Override public SpanStore spanStore() {
    return this;
  }

  @Override public Traces traces() {
    return this;
  }

  @Override public SpanConsumer spanConsumer() {
    return this;
  }

  @Override public ServiceAndSpanNames serviceAndSpanNames() {
    return this;
  }

  @Override public AutocompleteTags autocompleteTags() {
    return this;
  }

  @Override public Call<Void> accept(List<Span> spans) {
    byte[] body = SpanBytesEncoder.JSON_V2.encodeList(spans);
    return new HttpCall<>(
        () -> {
          HttpRequest.Builder post = request("/spans").POST(BodyPublishers.ofByteArray(body));
          send(post.header("Content-Type", "application/json"), 202);
          return null;
        });
  }

  @Override public Call<List<List<Span>>> getTraces(QueryRequest query) {
    return new HttpCall<>(() -> traces("/traces?" + parameters(query)));
  }

  @Override public Call<List<Span>> getTrace(String id) {
    return new HttpCall<>(() -> trace(id));
  }

  @Override public Call<List<List<Span>>> getTraces(Iterable<String> ids) {
    String joined = String.join(",", ids);
    if (joined.isEmpty()) return Call.emptyList();
    // The server refuses /traceMany for one.
    if (!joined.contains(",")) {
      return getTrace(joined).map(trace -> trace.isEmpty() ? List.of() : List.of(trace));
    }
    return new HttpCall<>(() -> traces("/traceMany?traceIds=" + joined));
  }

  @Override public Call<List<DependencyLink>> getDependencies(long endTs, long lookback) {
    if (endTs <= 0) throw new IllegalArgumentException("endTs <= 0");
    if (lookback <= 0) throw new IllegalArgumentException("lookback <= 0");
    String path = "/dependencies?endTs=" + endTs + "&lookback=" + lookback;
    return new HttpCall<>(() -> DependencyLinkBytesDecoder.JSON_V1.decodeList(get(path)));
  }

  @Override public Call<List<String>> getServiceNames() {
    return names("/services");
  }

  @Override public Call<List<String>> getRemoteServiceNames(String service) {
    return names("/remoteServices?serviceName=" + encoded(service));
  }

  @Override public Call<List<String>> getSpanNames(String service) {
    return names("/spans?serviceName=" + encoded(service));
  }

  @Override public Call<List<String>> getKeys() {
    return names("/autocompleteKeys");
  }

  @Override public Call<List<String>> getValues(String key) {
    return names("/autocompleteValues?key=" + encoded(key));
  }

  private Call<List<String>> names(String path) {
    return new HttpCall<>(() -> List.of(GSON.fromJson(text(get(path)), String[].class)));
  }

  private static String parameters(QueryRequest query) {
    StringBuilder out = new StringBuilder();
    add(out, "endTs", query.endTs());
    add(out, "lookback", query.lookback());
    add(out, "limit", query.limit());
    add(out, "serviceName", query.serviceName());
    add(out, "remoteServiceName", query.remoteServiceName());
    add(out, "spanName", query.spanName());
    add(out, "annotationQuery", query.annotationQueryString());
    add(out, "minDuration", query.minDuration());
    add(out, "maxDuration", query.maxDuration());
    return out.toString();
  }

  private static void add(StringBuilder out, String name, Object value) {
    if (value != null) out.append('&').append(name).append('=').append(encoded(value.toString()));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  private List<Span> trace(String id) throws IOException {
    byte[] body = send(request("/trace/" + id), 200, 404);
    // The answer 404 is a text, not a list.
    boolean found = body.length > 0 && body[0] == '[';
    return found ? SpanBytesDecoder.JSON_V2.decodeList(body) : List.of();
  }

  private List<List<Span>> traces(String path) throws IOException {
    List<List<Span>> traces = new ArrayList<>();
    for (JsonElement trace : GSON.fromJson(text(get(path)), JsonArray.class))
      traces.add(SpanBytesDecoder.JSON_V2.decodeList(trace.toString().getBytes(UTF_8)));
    return traces;
  }

  private static String text(byte[] utf8) {
    return new String(utf8, UTF_8);
  }

  private byte[] get(String path) throws IOException {
    return send(request(path), 200);
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(base + "/api/v2" + path))
        .header("X-Scope-OrgID", tenant);
  }

  private static byte[] send(HttpRequest.Builder builder, Integer... expected) throws IOException {
    HttpRequest request = builder.build();
    try {
      var response = CLIENT.send(request, BodyHandlers.ofByteArray());
      if (List.of(expected).contains(response.statusCode())) return response.body();
      String answer = response.statusCode() + " " + text(response.body());
      throw new IOException(request.uri() + ": " + answer);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private interface Request<V> {
    V run() throws IOException;
  }

  /** A request that is sent when, and only if, somebody asks for its answer. */
  private static final class HttpCall<V> extends Call.Base<V> {
    private final Request<V> request;

    HttpCall(Request<V> request) {
      this.request = request;
    }

    @Override protected V doExecute() throws IOException {
      return request.run();
    }

    @Override protected void doEnqueue(Callback<V> callback) {
      try {
        callback.onSuccess(request.run());
      } catch (IOException | RuntimeException e) {
        callback.onError(e);
      }
    }

    @Override public Call<V> clone() {
      return new HttpCall<>(request);
    }
  }
}
