import type { ServiceCount } from '../api/types';
import { ErrorIcon } from './icons';
import { serviceColour } from './service_colour';

/** The colour of a service, as a small square. The name always stands beside it. */
export function Swatch({ service }: { service: string }) {
  return <span class="swatch" style={{ background: serviceColour(service) }} aria-hidden="true" />;
}

export function ServicePill({ count }: { count: ServiceCount }) {
  const { name, spanCount, errorCount } = count;
  const title = `${name}: ${plural(spanCount, 'span')}${errorCount > 0 ? `, ${plural(errorCount, 'error')}` : ''}`;
  return (
    <span class="pill" title={title}>
      <Swatch service={name} />
      <span class="pill-name">{name}</span>
      <span class="pill-count">{spanCount}</span>
      {errorCount > 0 && <ErrorIcon />}
    </span>
  );
}

export function ErrorCount({ count }: { count: number }) {
  return (
    <span class="error-count">
      <ErrorIcon />
      {plural(count, 'error')}
    </span>
  );
}

export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
