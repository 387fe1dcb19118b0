package clew;

import org.junit.jupiter.api.TestInfo;
import zipkin2.storage.ITAutocompleteTags;
import zipkin2.storage.ITDependencies;
import zipkin2.storage.ITDependenciesHeavy;
import zipkin2.storage.ITServiceAndSpanNames;
import zipkin2.storage.ITSpanStore;
import zipkin2.storage.ITSpanStoreHeavy;
import zipkin2.storage.ITStrictTraceIdFalse;
import zipkin2.storage.ITTraces;
import zipkin2.storage.StorageComponent;

/**
 * Zipkin's storage tests, run against the clews at the addresses in the properties `clew.usual` and
 * `clew.lenient`: that one has --zipkin-strict-trace-id=false and
 * --zipkin-autocomplete-keys=http.host.
 */
final class Kit {
  private Kit() {}

  private static StorageComponent.Builder usual() {
    return HttpStorage.newBuilder(System.getProperty("clew.usual"));
  }

  private static StorageComponent.Builder lenient() {
    return HttpStorage.newBuilder(System.getProperty("clew.lenient"));
  }

  static class SpanStore extends ITSpanStore<HttpStorage> {
    @Override protected StorageComponent.Builder newStorageBuilder(TestInfo info) {
      return usual();
    }

    @Override protected void clear() {
      storage.clear();
    }
  }

  static class SpanStoreHeavy extends ITSpanStoreHeavy<HttpStorage> {
    @Override protected StorageComponent.Builder newStorageBuilder(TestInfo info) {
      return usual();
    }

    @Override protected void clear() {
      storage.clear();
    }
  }

  static class Traces extends ITTraces<HttpStorage> {
    @Override protected StorageComponent.Builder newStorageBuilder(TestInfo info) {
      return usual();
    }

    @Override protected void clear() {
      storage.clear();
    }
  }

  static class ServiceAndSpanNames extends ITServiceAndSpanNames<HttpStorage> {
    @Override protected StorageComponent.Builder newStorageBuilder(TestInfo info) {
      return usual();
    }

    @Override protected void clear() {
      storage.clear();
    }
  }

  static class Dependencies extends ITDependencies<HttpStorage> {
    @Override protected StorageComponent.Builder newStorageBuilder(TestInfo info) {
      return usual();
    }

    @Override protected void clear() {
      storage.clear();
    }
  }

  static class DependenciesHeavy extends ITDependenciesHeavy<HttpStorage> {
    @Override protected StorageComponent.Builder newStorageBuilder(TestInfo info) {
      return usual();
    }

    @Override protected void clear() {
      storage.clear();
    }
  }

  static class AutocompleteTags extends ITAutocompleteTags<HttpStorage> {
    @Override protected StorageComponent.Builder newStorageBuilder(TestInfo info) {
      return lenient();
    }

    @Override protected void clear() {
      storage.clear();
    }
  }

  static class StrictTraceIdFalse extends ITStrictTraceIdFalse<HttpStorage> {
    @Override protected StorageComponent.Builder newStorageBuilder(TestInfo info) {
      return lenient();
    }

    @Override protected void clear() {
      storage.clear();
    }
  }
}
