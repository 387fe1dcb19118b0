import { formatDuration } from '../text/duration';
import { formatBytes } from '../text/quantity';
import { formatTime } from '../text/time';
import type { BlockFacts } from './history';
import { Meter } from './meter';
import type { System } from './system_types';

/** Disk, memory, and what retention does with the blocks. */
export function StorageFacts({ system, blocks }: { system: System; blocks: BlockFacts }) {
  const { storage, limits, disk, memory, nowUs } = system;
  const age = (ms: number) => formatDuration(ms * 1e6);
  return (
    <section>
      <h2>Space</h2>
      <dl class="system-facts">
        {disk && (
          <>
            <dt>Disk</dt>
            <dd>
              <Meter
                label="Disk"
                share={1 - disk.freeBytes / disk.totalBytes}
                text={`${formatBytes(disk.freeBytes)} of ${formatBytes(disk.totalBytes)} free; spans are refused below about ${formatBytes(disk.minFreeBytes)}`}
              />
            </dd>
          </>
        )}
        <dt>Memory</dt>
        <dd>
          <Meter
            label="Memory"
            share={memory.residentBytes / memory.limitBytes}
            text={`${formatBytes(memory.residentBytes)} of the process; --memory-limit is ${formatBytes(memory.limitBytes)}`}
          />
        </dd>
        <dt>Retention</dt>
        <dd>
          {age(limits.maxAgeMs)}
          {limits.maxBytes !== undefined && `, or ${formatBytes(limits.maxBytes)}`}
          {limits.maxSpans !== undefined && `, or ${limits.maxSpans.toLocaleString('en')} spans`}
          {limits.tenantsWithOwnRetention > 0 &&
            `; ${limits.tenantsWithOwnRetention} tenants have their own`}
        </dd>
        <dt>Oldest span</dt>
        <dd>
          {blocks.oldestMs === undefined ? (
            'none in a block yet'
          ) : (
            <span title={formatTime(BigInt(Math.round(blocks.oldestMs * 1000)))}>
              {age(nowUs / 1000 - blocks.oldestMs)} old
            </span>
          )}
        </dd>
        <dt>Log</dt>
        <dd>{formatBytes(storage.logBytes)}: what is not in blocks yet</dd>
      </dl>
    </section>
  );
}
