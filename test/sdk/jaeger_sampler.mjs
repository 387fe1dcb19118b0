// Asks for a sampling strategy as Jaeger's own Node client does and prints what it then does.
// usage: node jaeger_sampler.mjs SERVICE PORT PATH
import RemoteSampler from 'jaeger-client/dist/src/samplers/remote_sampler.js';

const [service, port, samplingPath] = process.argv.slice(2);
const fail = message => {
  console.error(message);
  process.exit(1);
};
const sampler = new RemoteSampler.default(service, {
  port: Number(port),
  samplingPath,
  refreshInterval: 1,
  logger: { info: () => {}, error: fail },
  onSamplerUpdate: updated => {
    const rates = Object.entries(updated._samplersByOperation ?? {}).map(([operation, each]) => [
      operation,
      each.toString(),
    ]);
    const fallback = updated._defaultSampler?.toString();
    console.log(JSON.stringify({ sampler: updated.toString(), rates, fallback }));
    process.exit(0);
  },
});
setTimeout(() => fail(`${sampler} was not told anything`), 20_000);
