import type { ApiError } from '../api/client';
import { WarningIcon } from '../parts/icons';

interface Props {
  what: string;
  error: ApiError;
  onRetry: () => void;
}

/** A part of the page did not come; the rest stays. */
export function PanelFailure({ what, error, onRetry }: Props) {
  return (
    <p class="notice failed panel-failure" role="alert">
      <WarningIcon />
      <span>
        {what} did not come: {error.message}
      </span>
      <button type="button" class="link-button" onClick={onRetry}>
        Try again
      </button>
    </p>
  );
}
