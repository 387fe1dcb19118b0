interface Props {
  width: number;
  onChange: (width: number) => void;
}

const kLeast = 160;
const kMost = 900;
const kStep = 24;

/** The line between names and times, to be dragged or moved with the arrow keys. */
export function Splitter({ width, onChange }: Props) {
  const set = (wanted: number) => onChange(Math.max(kLeast, Math.min(kMost, Math.round(wanted))));
  const onPointerDown = (event: PointerEvent) => {
    if (!(event.currentTarget instanceof HTMLElement)) return;
    const handle = event.currentTarget;
    const startX = event.clientX;
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    handle.onpointermove = moved => set(width + moved.clientX - startX);
    handle.onpointerup = handle.onpointercancel = () => {
      handle.onpointermove = handle.onpointerup = handle.onpointercancel = null;
    };
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -kStep, ArrowRight: kStep }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    set(width + by);
  };
  return (
    <div
      class="splitter"
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label="Width of the names"
      aria-valuenow={width}
      aria-valuemin={kLeast}
      aria-valuemax={kMost}
      onPointerDown={onPointerDown}
      onKeyDown={onKeyDown}
    />
  );
}
