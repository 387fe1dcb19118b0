import { useState } from 'preact/hooks';
import { DownloadIcon } from '../../parts/icons';
import { RawDialog } from './raw_dialog';

interface Props {
  traceId: string;
  spanCount: number;
}

export function RawButton(props: Props) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        class="button"
        title="Read or download as OTLP, Jaeger’s or Clew’s JSON"
        onClick={() => setOpen(true)}
      >
        <DownloadIcon />
        <span>JSON</span>
      </button>
      {isOpen && <RawDialog {...props} onClose={() => setOpen(false)} />}
    </>
  );
}
