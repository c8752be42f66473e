import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { amount } from '../lib/format';
import type { UsageRow } from './state';

/** Bars of prompt and written tokens, one pair a day. */
export function draw(host: HTMLElement, days: UsageRow[]): uPlot {
  const styles = getComputedStyle(document.body);
  const text = styles.color;
  const probe = document.createElement('span');
  host.append(probe);
  const colour = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const [accent, pale, line] = [colour('--accent'), colour('--plot-second'), colour('--line')];
  probe.remove();
  const byDay = new Map(days.map((row) => [Date.parse(`${row.day}T00:00:00Z`) / 1000, row]));
  const first = Math.min(...byDay.keys());
  const last = Math.max(...byDay.keys());
  const times: number[] = [];
  for (let day = first - 86_400; day <= last + 86_400; day += 86_400) times.push(day);
  const values = (of: (row: UsageRow) => number) => times.map((day) => (byDay.has(day) ? of(byDay.get(day) as UsageRow) : 0));
  const bars = (align: -1 | 1) => uPlot.paths.bars?.({ size: [0.38, 36], align });
  const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
  return new uPlot(
    {
      width: host.clientWidth,
      height: 220,
      legend: { show: false },
      cursor: { show: false },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
      scales: { x: { time: true } },
      axes: [
        { ...axis, grid: { show: false }, space: 70, incrs: [86_400, 7 * 86_400, 14 * 86_400], values: (_, at) => at.map((s) => new Date(s * 1000).toLocaleDateString('en', { day: 'numeric', month: 'short', timeZone: 'UTC' })) },
        { ...axis, values: (_, at) => at.map((n) => amount(n)), size: 56 },
      ],
      series: [
        {},
        { label: 'prompt', fill: pale, stroke: pale, width: 0, ...(bars(-1) === undefined ? {} : { paths: bars(-1) }), points: { show: false } },
        { label: 'written', fill: accent, stroke: accent, width: 0, ...(bars(1) === undefined ? {} : { paths: bars(1) }), points: { show: false } },
      ],
    },
    [times, values((row) => row.prompt_tokens), values((row) => row.completion_tokens)],
    host,
  );
}
