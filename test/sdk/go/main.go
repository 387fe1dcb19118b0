// Sends one trace with Go's official SDK and prints what it sent; with "signals" a log record and
// two metrics too. Ends with 1 if any export, or the shutdown, told of an error.
// usage: client grpc|http ENDPOINT [signals]
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// What is wrong ends the program: the SDK itself logs a failed export and goes on.
func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func exporter(ctx context.Context, protocol, endpoint string) (sdk.SpanExporter, error) {
	if protocol == "grpc" {
		return otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(endpoint))
	}
	return otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint+"/v1/traces"),
		otlptracehttp.WithCompression(otlptracehttp.GzipCompression))
}

// What batches, as programs do, until it is shut down.
func sendTrace(ctx context.Context, tracer trace.Tracer) map[string]string {
	rootContext, root := tracer.Start(ctx, "checkout", trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(
			attribute.String("text", `äöü "quoted"`),
			attribute.Bool("yes", true),
			attribute.Bool("no", false),
			attribute.Int("whole", 42),
			attribute.Int("negative", -7),
			attribute.Float64("real", 0.25),
			attribute.StringSlice("texts", []string{"a", "b"}),
			attribute.IntSlice("numbers", []int{1, 2}),
		))
	_, child := tracer.Start(rootContext, "pay", trace.WithSpanKind(trace.SpanKindClient),
		trace.WithLinks(trace.Link{
			SpanContext: root.SpanContext(),
			Attributes:  []attribute.KeyValue{attribute.String("why", "test")},
		}))
	child.AddEvent("retry", trace.WithAttributes(attribute.Int("attempt", 2)))
	child.SetStatus(codes.Error, "card refused")
	child.End()
	root.End()
	return map[string]string{
		"traceId": root.SpanContext().TraceID().String(),
		"rootId":  root.SpanContext().SpanID().String(),
		"childId": child.SpanContext().SpanID().String(),
	}
}

func main() {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(must))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	protocol, endpoint := os.Args[1], os.Args[2]
	place := resource.NewSchemaless(attribute.String("service.name", "go-shop"),
		attribute.Int("host.cpus", 2))

	spans, err := exporter(ctx, protocol, endpoint)
	must(err)
	provider := sdk.NewTracerProvider(sdk.WithBatcher(spans), sdk.WithResource(place))
	ids := sendTrace(ctx, provider.Tracer("shop-scope", trace.WithInstrumentationVersion("1.2.3")))
	must(provider.Shutdown(ctx))
	if len(os.Args) > 3 {
		sendLog(ctx, protocol, endpoint, place)
		sendMetrics(ctx, protocol, endpoint, place)
	}
	must(json.NewEncoder(os.Stdout).Encode(ids))
}
