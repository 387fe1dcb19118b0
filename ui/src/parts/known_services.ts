import { fetchServices } from '../api/client';
import { giveColours } from './service_colour';

const kMostWaitMs = 1000;

let settled: Promise<unknown> | undefined;

/** The list of services; on the way, each gets its colour. */
export async function loadServices(signal: AbortSignal): Promise<string[]> {
  const services = await fetchServices(signal);
  giveColours(services);
  return services;
}

/**
 * Resolves once the services have their colours, which makes the colours of two people's pages agree.
 * Never fails and never waits long: without the list, only that agreement is lost.
 */
export function coloursSettled(): Promise<unknown> {
  settled ??= Promise.race([
    loadServices(AbortSignal.timeout(5 * kMostWaitMs)).catch(() => undefined),
    new Promise(resolve => setTimeout(resolve, kMostWaitMs)),
  ]);
  return settled;
}
