/** How much of what may be there is there; in words beside it. */
export function Meter({ label, share, text }: { label: string; share: number; text: string }) {
  return (
    <p class="system-meter">
      <meter min={0} max={1} high={0.9} value={Math.min(share, 1)} aria-label={label}>
        {text}
      </meter>
      <span>{text}</span>
    </p>
  );
}
