import { expect, test } from 'vitest';
import { gauge } from '../src/lib/api';

const TEXT = `# TYPE gufo_num_requests_waiting gauge
gufo_num_requests_waiting{model_name="a"} 3.0
gufo_num_requests_waiting{model_name="b\\"c"} 0.0
gufo_num_requests_waiting_other{model_name="d"} 9.0
`;

test('a gauge is found by its model', () => {
  expect(gauge(TEXT, 'gufo_num_requests_waiting', 'a')).toBe(3);
  expect(gauge(TEXT, 'gufo_num_requests_waiting', 'b"c')).toBe(0);
  expect(gauge(TEXT, 'gufo_num_requests_waiting', 'd')).toBeUndefined();
  expect(gauge('', 'gufo_num_requests_waiting', 'a')).toBeUndefined();
});
