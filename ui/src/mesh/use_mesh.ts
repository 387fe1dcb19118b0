import { useEffect, useState } from 'preact/hooks';
import { ApiError, get } from '../api/client';
import { metricsShape } from '../api/metrics';
import type { Shape } from '../api/shape';
import { asApiError } from '../parts/use_answer';
import { edgeSpansOf, kMinutes, kOfEdges, type EdgeSpans } from './edge_spans';
import {
  aboutShape,
  certificatesShape,
  controlPlanesShape,
  matrixShape,
  placesShape,
  proxiesShape,
  servicesShape,
  type MeshAbout,
} from './mesh_types';
import type { Answers } from './model';

const kEveryMs = 5000;
const kPage = 1000;

export interface MeshReadings {
  about: MeshAbout | undefined;
  answers: Answers | undefined;
  /** What spans say of each edge; a problem in words where they could not be asked. */
  spans: EdgeSpans | { problem: string } | undefined;
  /** Why the last reading failed; `answers` are then those of the one before. */
  error: ApiError | undefined;
  readAtMs: number;
}

/** Reads the control plane through the store, every few seconds while the page is looked at. */
export function useMesh(): MeshReadings {
  const [readings, setReadings] = useState<MeshReadings>({
    about: undefined,
    answers: undefined,
    spans: undefined,
    error: undefined,
    readAtMs: 0,
  });
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const set = (change: Partial<MeshReadings>) => {
      if (!abort.signal.aborted) setReadings(last => ({ ...last, ...change }));
    };
    const read = async () => {
      if (!document.hidden) {
        try {
          const about = await get('/api/clew/v1/mesh', aboutShape, abort.signal);
          set({ about });
          if (about.configured) {
            const answers = await ask(abort.signal);
            set({ answers, error: undefined, readAtMs: Date.now() });
            set({ spans: await spansOr(abort.signal) });
          } else {
            set({ error: undefined });
          }
        } catch (cause) {
          set({ error: asApiError(cause) });
        }
      }
      if (!abort.signal.aborted) timer = setTimeout(() => void read(), kEveryMs);
    };
    void read();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, []);
  return readings;
}

/** Asks the control plane for one of the paths that the store hands through. */
export function askMesh<T>(path: string, shape: Shape<T>, signal: AbortSignal): Promise<T> {
  return get(`/api/clew/v1/mesh${path}`, shape, signal);
}

async function ask(signal: AbortSignal): Promise<Answers> {
  const [proxies, services, matrix, zones, edges, certificates, controlPlanes] = await Promise.all([
    askMesh('/proxies', proxiesShape, signal),
    askMesh('/services', servicesShape, signal).catch(nothingIfOlder),
    askMesh('/zone-matrix', matrixShape, signal),
    askMesh(`/zones?size=${kPage}`, placesShape, signal),
    askMesh(`/edges?size=${kPage}`, placesShape, signal),
    askMesh('/certificates', certificatesShape, signal),
    askMesh('/control-planes', controlPlanesShape, signal),
  ]);
  return {
    proxies: proxies.items,
    services: services?.items,
    matrix: matrix.items,
    zones: zones.items,
    edges: edges.items,
    certificates: certificates.items,
    controlPlanes,
  };
}

/** A control plane that does not know a path yet is no reason to show nothing. */
function nothingIfOlder(cause: unknown): undefined {
  if (cause instanceof ApiError && cause.status === 404) return undefined;
  throw cause;
}

async function spansOr(signal: AbortSignal): Promise<EdgeSpans | { problem: string }> {
  try {
    return await fetchEdgeSpans(signal);
  } catch (cause) {
    return { problem: asApiError(cause).message };
  }
}

async function fetchEdgeSpans(signal: AbortSignal): Promise<EdgeSpans> {
  const endUs = Date.now() * 1000;
  const ask = (query: string) => {
    const params = new URLSearchParams({
      q: query,
      start: String(endUs - kMinutes * 60e6),
      end: String(endUs),
      instant: 'true',
    });
    return get(`/api/clew/v1/metrics?${params}`, metricsShape, signal);
  };
  const [all, failed, slow] = await Promise.all([
    ask(`{ ${kOfEdges} } | rate() by (span.edge)`),
    ask(`{ ${kOfEdges} && status = error } | rate() by (span.edge)`),
    ask(`{ ${kOfEdges} } | quantile_over_time(duration, .95) by (span.edge)`),
  ]);
  return edgeSpansOf(all, failed, slow);
}
