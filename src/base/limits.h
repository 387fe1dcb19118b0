// Every bound on what foreign input may make Clew do, each with its reason. A limit that is hit is
// counted under clew_limit_hit_total{limit="…"} and has a test at it and one past it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace clew::limits {

/// Body of one request as it comes over the wire, compressed or not. The OTLP specification (v1.11)
/// recommends 64 MiB after decompression; the same bound on the wire keeps one client from pinning
/// more.
inline constexpr size_t kRequestBytes = 64 << 20;
/// Body of one request after decompression: what a gzip bomb may cost.
inline constexpr size_t kDecompressedBytes = 64 << 20;
/// Spans in one request; 64 MiB of the smallest useful spans (64 bytes) is about a million.
inline constexpr size_t kSpansPerRequest = 1 << 20;
/// Resources and scopes per request: bounds the index of a request made of empty ones.
inline constexpr size_t kGroupsPerRequest = 1 << 18;
/// Nesting of AnyValue arrays and maps. The protobuf libraries stop at 100 messages; a value costs
/// two.
inline constexpr int kValueDepth = 32;
/// Nesting of values in thrift that nobody reads; what is read nests seven deep.
inline constexpr int kThriftDepth = 32;
/// Tags, logs, annotations and references of one Jaeger or Zipkin span: they are taken apart before
/// they become OTLP, into tens of times their bytes when they are empty.
inline constexpr size_t kFieldsPerSpan = 1 << 16;
/// One UDP packet. Jaeger's clients and agent have always used this bound; IPv4 itself ends at
/// 65,507.
inline constexpr size_t kUdpPacketBytes = 65'000;
/// Attributes of one span that get columns of their own in the store; those past it are kept whole
/// and are found by reading them. OpenTelemetry's SDKs allow 128.
inline constexpr size_t kCellsPerSpan = 1024;
/// Columns of one head or block: distinct attribute keys and types. Clients that put IDs into keys
/// make millions; past it attributes are kept whole.
inline constexpr size_t kColumns = 2000;
/// Open HTTP connections per listener.
inline constexpr size_t kHttpConnections = 4096;
/// Header block of one HTTP request.
inline constexpr size_t kHttpHeaderBytes = 64 << 10;
/// A connection that neither sends nor receives for this long is closed.
inline constexpr std::chrono::seconds kHttpIdleTimeout{60};
/// Bytes of request bodies being received or worked on, per listener; past it requests get 503 /
/// UNAVAILABLE.
inline constexpr size_t kInflightBytes = 512 << 20;
/// One message of a proxy to the control plane; a first one with many names is 60 kB to 1 MB.
inline constexpr size_t kXdsRequestBytes = 16 << 20;
/// Resource names in one discovery request, and that one proxy may ask for by name, per type.
inline constexpr size_t kXdsNames = 100'000;
/// A resource's name, a proxy's ID, a type URL.
inline constexpr size_t kXdsNameBytes = 4096;
/// Resource types that one proxy may ask for; Envoy has a dozen.
inline constexpr size_t kXdsTypes = 32;
/// Entries of a proxy's own metadata that are kept, and bytes of one; they say what it is.
inline constexpr size_t kXdsMetadata = 256;
inline constexpr size_t kXdsMetadataBytes = 16 << 10;  // a token is one of them
/// What a proxy says when it refuses a resource; it is shown to people.
inline constexpr size_t kXdsRefusalBytes = 4096;
/// Messages that wait in one gRPC stream for a client that does not read; several times what a
/// proxy is ever sent at once.
inline constexpr size_t kStreamQueueBytes = 64 << 20;
/// Body of one answer of a peer we send to, as the OTLP specification bounds it; what is longer is
/// cut off.
inline constexpr size_t kPeerAnswerBytes = 4 << 20;
/// A file with a secret or with users' passwords.
inline constexpr size_t kSecretFileBytes = 1 << 20;
/// A span's tracestate, where a sampler has to understand it. W3C Trace Context asks for 512 bytes
/// to be propagated and stops at 32 members; the reference sampler reads up to 1024 bytes.
inline constexpr size_t kTraceStateBytes = 1024;
inline constexpr size_t kTraceStateMembers = 32;
/// Operations of all services whose sampling probability adapts; each holds some hundred bytes, and
/// a service's clients know at most 2000.
inline constexpr size_t kAdaptiveOperations = 10'000;
/// Jaeger's file of sampling strategies, which is read once a second while clients ask.
inline constexpr size_t kStrategiesFileBytes = 4 << 20;
/// Tenant name (X-Scope-OrgID): it becomes a directory name.
inline constexpr size_t kTenantBytes = 128;
/// Tenants the store knows, by blocks or by spans since it was started: each costs directories,
/// files and memory, and any name makes one.
inline constexpr size_t kTenants = 10'000;
/// Traces one tenant may pin: each is a block of its own, with an open file and its footer in
/// memory.
inline constexpr size_t kPinnedTraces = 10'000;
/// Traces one search may return, whatever the client asks for (Jaeger UI's own maximum is 1500).
inline constexpr size_t kSearchResults = 1500;
/// JSON of one answer: a list of traces is cut short past it, and says so. A single trace is
/// bounded by kTraceAnswerBytes.
inline constexpr size_t kJsonAnswerBytes = 256 << 20;
/// A query that is not done by then answers with what it has and says so.
inline constexpr std::chrono::seconds kQueryDeadline{30};
/// Tags and conditions one query may ask for: each is a bit while spans are matched.
inline constexpr size_t kTagsPerQuery = 32;
/// A regular expression of a query: RE2 takes time in proportion to it for every byte it looks at.
inline constexpr size_t kRegexBytes = 1024;
/// Memory RE2 may use for one regular expression: its program (nested counted repetitions make a
/// large one of few bytes) and the states it keeps while it matches. RE2's own default.
inline constexpr int64_t kRegexMemoryBytes = 8 << 20;
/// Spans of one trace in an answer; a trace of a million spans is one that Jaeger's users report as
/// the largest that still must open. Less than kSpansPerRequest, so that the answer is a valid
/// batch.
inline constexpr size_t kSpansPerTrace = 1'000'000;
/// Bytes of spans in one answer, whether of one large trace or of many.
inline constexpr size_t kTraceAnswerBytes = 256 << 20;
/// Bytes of two traces that are compared: with what they are taken apart into they take several
/// times as much. Some 60,000 spans; Tempo's own limit is 5 MB by default.
inline constexpr size_t kTraceDiffBytes = 32 << 20;
/// Traces merged into one tree of calls; each holds about 150 bytes while they are looked for.
inline constexpr size_t kPopulationTraces = 200'000;
/// Nodes of a tree of calls while it grows: each takes about 600 bytes, 5 kB at most.
inline constexpr size_t kPopulationNodes = 100'000;
/// Nodes of it in an answer, those with the most spans: each is a line that somebody may look at.
inline constexpr size_t kPopulationAnswerNodes = 20'000;
/// Bytes of their services' and operations' names.
inline constexpr size_t kPopulationTextBytes = 8 << 20;
/// Calls below each other in a tree; what is deeper calls itself.
inline constexpr uint32_t kPopulationDepth = 256;
/// Traces that are visited for one of Zipkin's dependency graphs.
inline constexpr size_t kDependencyTraces = 200'000;
/// Traces with pieces in several blocks whose calls from one into the other are counted; each costs
/// some reads once for a set of blocks.
inline constexpr size_t kCutTraces = 200'000;
/// Pairs of services in one graph of calls; each takes about 2 KiB while it is counted.
inline constexpr size_t kCallEdges = 20'000;
/// Service or operation names in one answer: clients that put IDs into names make millions.
inline constexpr size_t kNamesPerAnswer = 100'000;
/// Attributes in one list of what metrics of spans are split by: each is compared with the keys of
/// every span.
inline constexpr size_t kMetricDimensions = 20;
/// Buckets of one histogram made of spans; each takes 8 bytes a series and a line a scrape.
inline constexpr size_t kHistogramBuckets = 320;
/// Text of one dimension of a metric; what is longer is cut. Clients that put a whole URL into a
/// span's name would otherwise fill the memory with few series.
inline constexpr size_t kMetricValueBytes = 512;
/// Series of one metric that a configuration may allow; each takes about 1 KiB.
inline constexpr size_t kMetricSeries = 1'000'000;
/// Halves of requests that a configuration may let a service graph hold; each takes 300 bytes.
inline constexpr size_t kServiceGraphItems = 10'000'000;
/// Certificates in one PEM text: a chain to the root is three or four.
inline constexpr size_t kCertificatesPerFile = 100;
/// A file of an authority's keys and certificates: two of each, 2 KiB together.
inline constexpr size_t kIdentityStateBytes = 1 << 20;
/// Workloads whose certificates are kept ready; each takes about 2 KiB.
inline constexpr size_t kIdentities = 100'000;

// What agents report of themselves (opamp).

/// Agents whose reports are kept; a fleet has one per server. With kOpampAgentBytes it bounds their
/// memory by 160 MB.
inline constexpr size_t kOpampAgents = 10'000;
/// One report as it comes, compressed or not: a Collector sends its whole configuration with it.
inline constexpr size_t kOpampMessageBytes = 4 << 20;
/// What is kept of one agent: its description and the health of its parts. A Collector's pipelines
/// take 150 bytes a component.
inline constexpr size_t kOpampAgentBytes = 16 << 10;
/// One text of it: a name, a status, an error.
inline constexpr size_t kOpampTextBytes = 1024;
/// Nesting of parts of an agent; a Collector nests twice.
inline constexpr int kOpampDepth = 16;
/// Agents in one answer; those past it are counted.
inline constexpr size_t kOpampAgentsPerAnswer = 1000;

// Resources of a mesh (mesh/resource), as people and programs send them.

/// One file or request: ten thousand dataplanes of a kilobyte each.
inline constexpr size_t kResourceFileBytes = 16 << 20;
/// Values in one file, aliases counted as often as they stand for something.
inline constexpr size_t kResourceNodes = 1'000'000;
/// Nesting where a resource may hold anything.
inline constexpr int kResourceDepth = 32;
/// Nesting of messages in a resource of Envoy; protobuf stops there, too.
inline constexpr int kEnvoyDepth = 100;
/// Of a resource or a mesh, as Kuma has it.
inline constexpr size_t kResourceNameBytes = 253;
/// Problems told of one resource.
inline constexpr size_t kResourceProblems = 50;

}  // namespace clew::limits
