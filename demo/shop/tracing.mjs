// Starts the official OpenTelemetry SDK in a Node service of the shop, before anything else loads.
// Name, exporter and endpoint come from the standard OTEL_* variables.

import { register } from 'node:module';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { NodeSDK } from '@opentelemetry/sdk-node';

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);

const sdk = new NodeSDK({ instrumentations: [new HttpInstrumentation()] });
sdk.start();

process.on('SIGTERM', async () => {
  try {
    await sdk.shutdown(); // sends the spans that still wait
  } catch (error) {
    console.error('the last spans could not be sent:', error);
  }
  process.exit(0);
});
