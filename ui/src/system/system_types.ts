// GET /api/clew/v1/system as the page sees it.
import type { NameAndValue } from '../agent/pipeline';
import { array, number, object, optional, string } from '../api/shape';
import { agentsShape, type Agents } from './agents';

export interface System {
  version: string;
  startedUs: number;
  nowUs: number;
  receivers: NameAndValue[];
  storage: Storage;
  limits: Limits;
  /** Unset in memory, and where the system does not say. */
  disk: Disk | undefined;
  memory: { residentBytes: number; limitBytes: number };
  agents: Agents;
  log: LogLine[];
}

export interface Storage {
  kind: string;
  /** Unset in memory. */
  directory: string | undefined;
  durability: string | undefined;
  /** Why spans are not taken; empty: they are. */
  refuses: string;
  headSpans: number;
  headBytes: number;
  blocks: number;
  blockBytes: number;
  logBytes: number;
  damagedSections: number;
}

export interface Limits {
  headBytes: number;
  maxAgeMs: number;
  /** Unset in memory where nothing but spans is bounded. */
  maxBytes: number | undefined;
  maxSpans: number | undefined;
  tenantsWithOwnRetention: number;
}

export interface Disk {
  totalBytes: number;
  freeBytes: number;
  minFreeBytes: number;
}

export interface LogLine {
  timeMs: number;
  level: string;
  text: string;
}

export const systemShape = object<System>({
  version: string,
  startedUs: number,
  nowUs: number,
  receivers: array(object<NameAndValue>({ name: string, value: string })),
  storage: object<Storage>({
    kind: string,
    directory: optional(string),
    durability: optional(string),
    refuses: string,
    headSpans: number,
    headBytes: number,
    blocks: number,
    blockBytes: number,
    logBytes: number,
    damagedSections: number,
  }),
  limits: object<Limits>({
    headBytes: number,
    maxAgeMs: number,
    maxBytes: optional(number),
    maxSpans: optional(number),
    tenantsWithOwnRetention: number,
  }),
  disk: optional(object<Disk>({ totalBytes: number, freeBytes: number, minFreeBytes: number })),
  memory: object<System['memory']>({ residentBytes: number, limitBytes: number }),
  agents: agentsShape,
  log: array(object<LogLine>({ timeMs: number, level: string, text: string })),
});
