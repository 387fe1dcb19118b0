import type { ComponentChildren } from 'preact';
import type { ApiError } from '../api/client';
import { ErrorIcon, RefreshIcon } from './icons';

interface Props {
  title: string;
  error: ApiError;
  /** None: trying again cannot help. */
  onRetry?: () => void;
  children?: ComponentChildren;
}

/** Something was asked for and did not come: what, why, and what one can do. */
export function Failure({ title, error, onRetry, children }: Props) {
  return (
    <div class="notice-page" role="alert">
      <ErrorIcon />
      <h2>{title}</h2>
      <p class="said">
        {error.message}
        {error.status >= 400 && <span class="status-code"> HTTP {error.status}</span>}
      </p>
      {children}
      {onRetry && (
        <p>
          <button type="button" class="button primary" onClick={onRetry}>
            <RefreshIcon />
            <span>Try again</span>
          </button>
        </p>
      )}
    </div>
  );
}
