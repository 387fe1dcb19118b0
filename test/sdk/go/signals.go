package main

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
)

func logExporter(ctx context.Context, protocol, endpoint string) (sdklog.Exporter, error) {
	if protocol == "grpc" {
		return otlploggrpc.New(ctx, otlploggrpc.WithEndpointURL(endpoint))
	}
	return otlploghttp.New(ctx, otlploghttp.WithEndpointURL(endpoint+"/v1/logs"))
}

func sendLog(ctx context.Context, protocol, endpoint string, place *resource.Resource) {
	exporter, err := logExporter(ctx, protocol, endpoint)
	must(err)
	provider := sdklog.NewLoggerProvider(sdklog.WithResource(place),
		sdklog.WithProcessor(sdklog.NewBatchProcessor(exporter)))
	var record log.Record
	record.SetSeverity(log.SeverityWarn)
	record.SetBody(attribute.StringValue("cart is empty"))
	record.AddAttributes(attribute.String("user", "ann"), attribute.Int("tries", 3))
	provider.Logger("cart").Emit(ctx, record)
	must(provider.Shutdown(ctx))
}

func metricExporter(ctx context.Context, protocol, endpoint string) (sdkmetric.Exporter, error) {
	if protocol == "grpc" {
		return otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpointURL(endpoint))
	}
	return otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpointURL(endpoint+"/v1/metrics"))
}

func sendMetrics(ctx context.Context, protocol, endpoint string, place *resource.Resource) {
	exporter, err := metricExporter(ctx, protocol, endpoint)
	must(err)
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithResource(place),
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exporter)))
	meter := provider.Meter("cart")
	orders, err := meter.Int64Counter("orders")
	must(err)
	orders.Add(ctx, 5, metric.WithAttributes(attribute.Bool("paid", true)))
	amount, err := meter.Float64Histogram("amount")
	must(err)
	amount.Record(ctx, 0.25)
	must(provider.Shutdown(ctx))
}
