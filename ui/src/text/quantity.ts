// Amounts and rates as people read them.

/** "12,345". */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** "0.4/s", "1,200/s". */
export function formatRate(perSecond: number): string {
  const small = perSecond > 0 && perSecond < 10;
  if (small && perSecond < 0.05) return '<0.1/s';
  return `${small ? perSecond.toFixed(1) : formatCount(perSecond)}/s`;
}

/** "12 %", "0.05 %". */
export function formatPercent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.1 ? 2 : 0)} %`;
}

/** "512 B", "1.5 GiB". */
export function formatBytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (count >= 1024 && unit < units.length - 1) {
    count /= 1024;
    ++unit;
  }
  return `${count < 10 && unit > 0 ? count.toFixed(1) : Math.round(count)} ${units[unit]}`;
}
