// Which kinds there are and what may stand in them, as text that schema.cc reads at start.
//
// A value is described by a word: string, int, number, bool, duration, port, percent (a number, or
// one written as text), map (names to texts), any; `enum A B` (one of these); `[…]` a list of them;
// a mapping its fields; $name what stands under that name. A `!` behind a field's name makes it
// required; `no REASON` refuses it. Sources: Kuma 2.14's and 3.0's resources in universal mode.
#pragma once

namespace clew::mesh {

inline constexpr char kKindsText[] = R"yaml(
shapes:
  $matchLabels: {matchLabels: map}
  $proxyRef:
    kind!: enum Mesh MeshSubset MeshGateway MeshService MeshServiceSubset Dataplane
    name: string
    namespace: no the mesh of machines has no namespaces
    labels: map
    tags: map
    sectionName: no a policy is of all inbounds of a Dataplane
    proxyTypes: [enum Sidecar Gateway]
    mesh: no a policy is of one mesh
  $proxyOrRouteRef:
    kind!: enum Mesh MeshSubset MeshGateway MeshService MeshServiceSubset Dataplane MeshHTTPRoute
    name: string
    namespace: no the mesh of machines has no namespaces
    labels: map
    tags: map
    sectionName: no a policy is of all inbounds of a Dataplane
    proxyTypes: [enum Sidecar Gateway]
    mesh: no a policy is of one mesh
  $tracedRef:
    kind!: enum Mesh MeshSubset MeshGateway MeshService MeshServiceSubset Dataplane MeshHTTPRoute
    name: string
    namespace: no the mesh of machines has no namespaces
    labels: map
    tags: map
    sectionName: string
    proxyTypes: [enum Sidecar Gateway]
    mesh: no a policy is of one mesh
  $toService:
    kind!: enum Mesh MeshService MeshExternalService
    name: string
    namespace: no the mesh of machines has no namespaces
    labels: no name the service instead
    tags: no subsets of a destination are not supported; name a MeshService instead
    sectionName: string
  $toServiceOrRoute:
    kind!: enum Mesh MeshService MeshExternalService MeshHTTPRoute
    name: string
    namespace: no the mesh of machines has no namespaces
    labels: no name the service instead
    tags: no subsets of a destination are not supported; name a MeshService instead
    sectionName: string
  $fromService:
    kind!: enum Mesh MeshSubset MeshService MeshServiceSubset
    name: string
    tags: map
  $everyone: {kind!: enum Mesh}
  $backendRef:
    kind: enum MeshService MeshServiceSubset MeshExternalService
    name!: string
    port: port
    sectionName: no write the port's number as port
    weight: int
    namespace: no the mesh of machines has no namespaces
    tags: no name a MeshService instead
    labels: no name the service instead
  $place: {region: string, datacenter: string, country: string, city: string}
  $coordinates: {latitude!: number, longitude!: number}
  $inbound:
    name: string
    port!: port
    servicePort: port
    serviceAddress: string
    address: string
    protocol: enum http http2 grpc tcp
    tags: map
    state: enum Ready NotReady Ignored
    health: {ready: bool}
    serviceProbe: no declare a MeshHealthCheck
  $outbound:
    port!: port
    address: string
    tags: map
    backendRef: {kind: enum MeshService MeshExternalService, name!: string, port: port,
      labels: no name the service instead}
    service: no use tags or backendRef
  $certificate: {certificateFile: string, keyFile: string, certificate: string, key: string}
  $gatewayListener:
    name: string
    address: string
    port!: port
    protocol: enum HTTP HTTPS
    http3: bool
    hostname: no hosts stand in MeshHTTPRoutes
    tls: {certificates!: [$certificate]}
  $mtlsBackend:
    name!: string
    type!: enum builtin provided
    mode: enum STRICT PERMISSIVE
    conf: no give the authority to clew mesh run (--ca-cert-file)
    dpCert: no certificates are good for 24 hours and renewed at two thirds
    rootChain: no not supported
  $timeout:
    connectionTimeout: duration
    idleTimeout: duration
    http:
      requestTimeout: duration
      streamIdleTimeout: duration
      maxStreamDuration: duration
      maxConnectionDuration: duration
      requestHeadersTimeout: duration
  $hostSelection:
    predicate!: enum OmitPreviousHosts OmitPreviousPriorities
    tags: no not supported
    updateFrequency: int
  $backOff: {baseInterval: duration, maxInterval: duration}
  $retry:
    tcp: no TCP connections are not tried again
    http:
      numRetries: int
      perTryTimeout: duration
      backOff: $backOff
      rateLimitedBackOff: no retry-after of a peer is not followed
      retryOn: [string]
      retriableResponseHeaders: no use retryOn
      retriableRequestHeaders: no use retryOn with HttpMethod…
      hostSelection: [$hostSelection]
      hostSelectionMaxAttempts: int
    grpc:
      numRetries: int
      perTryTimeout: duration
      backOff: $backOff
      rateLimitedBackOff: no retry-after of a peer is not followed
      retryOn: [enum Canceled DeadlineExceeded Internal ResourceExhausted Unavailable]
  $circuitBreaker:
    connectionLimits:
      maxConnections: int
      maxConnectionPools: int
      maxPendingRequests: int
      maxRetries: int
      maxRequests: int
    outlierDetection:
      disabled: bool
      interval: duration
      baseEjectionTime: duration
      maxEjectionPercent: int
      healthyPanicThreshold: percent
      splitExternalAndLocalErrors: bool
      detectors:
        totalFailures: {consecutive: int}
        gatewayFailures: {consecutive: int}
        localOriginFailures: {consecutive: int}
        successRate: {minimumHosts: int, requestVolume: int, standardDeviationFactor: percent}
        failurePercentage: {minimumHosts: int, requestVolume: int, threshold: int}
  $healthCheck:
    interval: duration
    timeout: duration
    unhealthyThreshold: int
    healthyThreshold: int
    initialJitter: duration
    intervalJitter: duration
    intervalJitterPercent: int
    healthyPanicThreshold: percent
    failTrafficOnPanic: bool
    noTrafficInterval: duration
    reuseConnection: bool
    alwaysLogHealthCheckFailures: no look at the proxy's own log
    eventLogPath: no look at the proxy's own log
    tcp: {disabled: bool, send: no only connecting is supported,
      receive: no only connecting is supported}
    http: {disabled: bool, path: string, expectedStatuses: [int],
      requestHeadersToAdd: no not supported}
    grpc: {disabled: bool, serviceName: string, authority: no not supported}
  $hashPolicy:
    type!: enum Header Cookie Connection SourceIP QueryParameter
    terminal: bool
    header: {name!: string}
    cookie: {name!: string, ttl: duration, path: string}
    connection: {sourceIP: bool}
    queryParameter: {name!: string}
    filterState: no not supported
  $loadBalancing:
    loadBalancer:
      type!: enum RoundRobin LeastRequest RingHash Random Maglev
      roundRobin: {}
      random: {}
      leastRequest: {choiceCount: int, activeRequestBias: no not supported}
      ringHash: {hashFunction: no Envoy's own is used, minRingSize: int, maxRingSize: int,
        hashPolicies: [$hashPolicy]}
      maglev: {tableSize: no Envoy's own is used, hashPolicies: [$hashPolicy]}
    hashPolicies: [$hashPolicy]
    localityAwareness: no requests go to the nearest core location by themselves
  $spiffeMatch: {spiffeID!: {type!: enum Exact Prefix, value!: string}}
  $fileLog:
    path!: string
    format:
      type: enum Plain Json
      plain: string
      json: [{key!: string, value!: string}]
      omitEmptyValues: bool
  $otelBackendRef: {kind: enum MeshOpenTelemetryBackend, name!: string,
    labels: no name the backend instead}
  $logBackend:
    type!: enum File OpenTelemetry Tcp
    file: $fileLog
    openTelemetry: {endpoint: string, backendRef: $otelBackendRef, body: any,
      attributes: [{key!: string, value!: string}]}
    tcp: no use file or openTelemetry
  $accessLog: {backends!: [$logBackend]}
  $named: {name!: string, default: string}
  $tag:
    name!: string
    literal: string
    header: $named
    environment: $named
    metadata: {kind: enum request route cluster host, key!: string, path: [string], default: string}
    formatter: string
  $traceBackend:
    type!: enum Zipkin OpenTelemetry Datadog
    zipkin: {url!: string, traceId128bit: bool, apiVersion: enum httpJson httpProto,
      sharedSpanContext: bool}
    openTelemetry: {endpoint: string, backendRef: $otelBackendRef}
    datadog: no use zipkin or openTelemetry
  $trace:
    backends: [$traceBackend]
    sampling: {overall: percent, client: percent, random: percent}
    tags: [$tag]
    serviceName: string
    spanName: {server: string, client: string}
    batching: {minFlushSpans: int, flushIntervalMs: int, maxCacheSize: int}
    verbose: bool
  $stringMatch: {type: enum Exact RegularExpression Prefix Present Absent, name!: string,
    value: string}
  $queryMatch: {type: enum Exact RegularExpression Prefix Present, name!: string, value: string}
  $routeMatch:
    path: {type!: enum Exact PathPrefix RegularExpression, value!: string}
    method: enum CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT TRACE
    headers: [$stringMatch]
    queryParams: [$queryMatch]
  $pathChange: {type!: enum ReplaceFullPath ReplacePrefixMatch, replaceFullPath: string,
    replacePrefixMatch: string}
  $headerValue: {name!: string, value!: string}
  $headerChange: {set: [$headerValue], add: [$headerValue], remove: [string]}
  $routeFilterType: >-
    enum RequestHeaderModifier ResponseHeaderModifier RequestRedirect URLRewrite RequestMirror
  $routeFilter:
    type!: $routeFilterType
    requestHeaderModifier: $headerChange
    responseHeaderModifier: $headerChange
    requestRedirect: {scheme: enum http https, hostname: string, port: port, path: $pathChange,
      statusCode: int}
    urlRewrite: {hostname: string, path: $pathChange, hostToBackendHostname: no not supported}
    requestMirror: {percentage: percent, backendRef!: $backendRef}
  $routeRule:
    name: string
    matches: [$routeMatch]
    default!: {filters: [$routeFilter], backendRefs: [$backendRef]}
kinds:
  Mesh:
    plural: meshes
    scope: global
    fields:
      mtls: {enabledBackend: string, backends: [$mtlsBackend], skipValidation: bool}
      constraints: no tokens of proxies say who may join
      meshServices: no services are found by tags and by MeshService at once
      routing: no requests go to the nearest core location by themselves
      tracing: no declare a MeshTrace
      logging: no declare a MeshAccessLog
      metrics: no an Envoy's metrics are at its admin port
      networking: no not supported
      skipCreatingInitialPolicies: [string]
  Zone:
    plural: zones
    scope: global
    fields: {enabled: bool, place: $place, coordinates: $coordinates}
  Edge:
    plural: edges
    scope: global
    fields: {place: $place, coordinates: $coordinates}
  Dataplane:
    plural: dataplanes
    fields:
      microVM: string
      tenant: string
      networking!:
        address!: string
        advertisedAddress: string
        admin: {port: port}
        inbound: [$inbound]
        outbound: [$outbound]
        gateway: {type: enum DELEGATED BUILTIN EDGE INGRESS, tags: map,
          listeners: [$gatewayListener]}
        transparentProxying: no traffic is not redirected; declare outbounds
      metrics: no an Envoy's metrics are at its admin port
      probes: no not supported
  MeshService:
    plural: meshservices
    fields:
      spec!:
        selector: {dataplaneTags: map, dataplaneLabels: $matchLabels, dataplaneRef: {name!: string}}
        ports: [{name: string, port!: port, targetPort: any,
          appProtocol: enum http http2 grpc tcp}]
        identities: [any]
        state: string
        capacity: {requestsPerSecond!: number}
  MeshExternalService:
    plural: meshexternalservices
    fields:
      spec!:
        match!: {type: enum HostnameGenerator, port!: port, protocol: enum http http2 grpc tcp}
        endpoints!: [{address!: string, port!: port}]
        extension: no not supported
        tls:
          enabled: bool
          version: no not supported
          allowRenegotiation: no not supported
          verification: {mode: enum Secured SkipAll SkipCA SkipSAN, serverName: string,
            subjectAltNames: no not supported, caCert: no not supported,
              clientCert: no not supported, clientKey: no not supported}
  MeshHTTPRoute:
    plural: meshhttproutes
    fields:
      spec!:
        targetRef: $proxyRef
        to!: [{targetRef!: $toService, hostnames: [string], rules!: [$routeRule]}]
  MeshTimeout:
    plural: meshtimeouts
    fields:
      spec!:
        targetRef: $proxyOrRouteRef
        to: [{targetRef!: $toServiceOrRoute, default!: $timeout}]
        from: [{targetRef!: $everyone, default!: $timeout}]
        rules: [{default!: $timeout}]
  MeshRetry:
    plural: meshretries
    fields: {spec!: {targetRef: $proxyOrRouteRef,
      to!: [{targetRef!: $toServiceOrRoute, default!: $retry}]}}
  MeshCircuitBreaker:
    plural: meshcircuitbreakers
    fields:
      spec!:
        targetRef: $proxyRef
        to: [{targetRef!: $toService, default!: $circuitBreaker}]
        from: [{targetRef!: $everyone, default!: $circuitBreaker}]
        rules: [{default!: $circuitBreaker}]
  MeshHealthCheck:
    plural: meshhealthchecks
    fields: {spec!: {targetRef: $proxyRef, to!: [{targetRef!: $toService, default!: $healthCheck}]}}
  MeshLoadBalancingStrategy:
    plural: meshloadbalancingstrategies
    fields: {spec!: {targetRef: $proxyOrRouteRef,
      to!: [{targetRef!: $toServiceOrRoute, default!: $loadBalancing}]}}
  MeshTrafficPermission:
    plural: meshtrafficpermissions
    fields:
      spec!:
        targetRef: $proxyRef
        from: [{targetRef!: $fromService, default!: {action!: enum Allow Deny AllowWithShadowDeny}}]
        rules: [{default!: {allow: [$spiffeMatch], deny: [$spiffeMatch],
          allowWithShadowDeny: [$spiffeMatch]}}]
  MeshTLS:
    plural: meshtlses
    fields:
      spec!:
        targetRef: $proxyRef
        from: [{targetRef!: $everyone, default!: {mode: enum Strict Permissive,
          tlsVersion: no TLS 1.2 and 1.3 are spoken, tlsCiphers: no Envoy's own are used}}]
        rules: [{default!: {mode: enum Strict Permissive,
          tlsVersion: no TLS 1.2 and 1.3 are spoken, tlsCiphers: no Envoy's own are used}}]
  MeshIdentity:
    plural: meshidentities
    fields:
      spec!:
        selector: {dataplane: $matchLabels}
        spiffeID: no identities are spiffe://MESH/SERVICE
        provider!:
          type!: enum Bundled
          bundled:
            autogenerate: {enabled: bool}
            insecureAllowSelfSigned: bool
            meshTrustCreation: enum Enabled
            certificateParameters: no certificates are good for 24 hours
            ca: no give the authority to clew mesh run
  MeshTrust:
    plural: meshtrusts
    fields: {spec!: {trustDomain!: string, caBundles!: [{type!: enum Pem,
      pem!: {value!: string}}], origin: any}}
  MeshAccessLog:
    plural: meshaccesslogs
    fields:
      spec!:
        targetRef: $proxyRef
        to: [{targetRef!: $everyone, default!: $accessLog}]
        from: [{targetRef!: $everyone, default!: $accessLog}]
        rules: [{default!: $accessLog}]
  MeshTrace:
    plural: meshtraces
    fields: {spec!: {targetRef: $tracedRef, default!: $trace}}
  MeshOpenTelemetryBackend:
    plural: meshopentelemetrybackends
    fields: {spec!: {endpoint!: {address!: string, port: port, path: string},
      protocol: enum grpc http}}
)yaml";

}  // namespace clew::mesh
