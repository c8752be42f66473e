import { expect, test } from 'vitest';
import { RateMeter } from '../src/admin/rates';

const at = (prompt: number, generated: number) => [{ id: 'm', tokens: { prompt, generated } }];

test('rates are those of the last seconds', () => {
  const meter = new RateMeter(5000);
  expect(meter.take(at(100, 50), 0).m).toEqual({ prompt: 0, generated: 0 });
  expect(meter.take(at(110, 70), 1000).m).toEqual({ prompt: 10, generated: 20 });
  expect(meter.take(at(110, 90), 2000).m).toEqual({ prompt: 5, generated: 20 });
  for (let second = 3; second < 20; second++) meter.take(at(110, 90), second * 1000);
  expect(meter.take(at(110, 90), 20_000).m).toEqual({ prompt: 0, generated: 0 });
});

test('a server that began anew counts from nothing', () => {
  const meter = new RateMeter();
  meter.take(at(100, 50), 0);
  expect(meter.take(at(1, 1), 1000).m).toEqual({ prompt: 0, generated: 0 });
  expect(meter.take([{ id: 'new', tokens: { prompt: 5, generated: 5 } }], 2000).new).toEqual({ prompt: 0, generated: 0 });
});
