const kWidth = 96;
const kHeight = 22;

/** The course of a number as a small line; null leaves a gap. The exact number stands beside it. */
export function Sparkline({ values, kind }: { values: readonly (number | null)[]; kind: string }) {
  return (
    <svg
      class={`spark spark-${kind}`}
      viewBox={`0 0 ${kWidth} ${kHeight}`}
      width={kWidth}
      height={kHeight}
      aria-hidden="true"
    >
      <path d={pathOf(values)} />
    </svg>
  );
}

function pathOf(values: readonly (number | null)[]): string {
  const most = values.reduce<number>((largest, value) => Math.max(largest, value ?? 0), 0);
  const step = kWidth / Math.max(values.length - 1, 1);
  let path = '';
  let drawing = false;
  values.forEach((value, i) => {
    if (value === null) {
      drawing = false;
      return;
    }
    const y = most === 0 ? kHeight - 1 : kHeight - 1 - (value / most) * (kHeight - 3);
    const x = (i * step).toFixed(1);
    // A point by itself would be invisible.
    const alone = !drawing && (values[i + 1] ?? null) === null;
    path += `${drawing ? 'L' : 'M'}${x} ${y.toFixed(1)}${alone ? 'h1' : ''}`;
    drawing = true;
  });
  return path;
}
