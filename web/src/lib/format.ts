const WHOLE = new Intl.NumberFormat('en');

/** With separators: 12,345. */
export function count(n: number): string {
  return WHOLE.format(n);
}

const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** A large number in short: 10.6M, 8B. */
export function amount(n: number): string {
  return SHORT.format(n);
}

/** A size in the units that the server's messages have: KiB, MiB, GiB. */
export function bytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = n;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** A span as people read it: 320 ms, 1.4 s, 2 min 5 s. */
export function duration(millis: number): string {
  if (millis < 1000) return `${Math.round(millis)} ms`;
  const seconds = millis / 1000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** One of many: `1 token`, `2 tokens`. */
export function plural(n: number, word: string): string {
  return `${count(n)} ${word}${n === 1 ? '' : 's'}`;
}

/** When something was, in short. */
export function when(millis: number, now = Date.now()): string {
  const date = new Date(millis);
  if (new Date(now).toDateString() === date.toDateString()) {
    return date.toLocaleTimeString('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  }
  return date.toLocaleDateString('en', { day: 'numeric', month: 'short', ...(now - millis > 300 * 86_400_000 ? { year: 'numeric' } : {}) });
}
