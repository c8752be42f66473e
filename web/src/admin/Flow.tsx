import { bytes, count, duration } from '../lib/format';
import type { CacheTier, ModelInMemory } from './state';

const TIERS = { slots: 'Slots', memory: 'Main memory', disk: 'Disk' } as const;

/** How evenly streams get their tokens, and what is kept of computed prompts, for each model that is loaded. */
export function Flow({ models }: { models: ModelInMemory[] }) {
  const loaded = models.filter((model) => model.alias_of === undefined && (model.gaps !== undefined || model.caches !== undefined));
  if (loaded.length === 0) return null;
  return (
    <section class="panel">
      <h2>Gaps and caches</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="Gaps and caches">
        <table>
          <thead>
            <tr>
              <th>Model</th>
              <th class="num">Gap, median</th>
              <th class="num">99th percentile</th>
              <th class="num">Target</th>
              {Object.values(TIERS).map((name) => <th key={name}>{name}</th>)}
            </tr>
          </thead>
          <tbody>
            {loaded.map((model) => (
              <tr key={model.id}>
                <th scope="row">
                  {model.id}
                  <small class="soft">{model.gaps === undefined ? 'no stream in the last minute' : `${count(model.gaps.tokens)} gaps in the last minute`}</small>
                </th>
                <td class="num">{model.gaps === undefined ? '–' : gap(model.gaps.median_ms)}</td>
                <td class="num">
                  {model.gaps === undefined ? '–' : <span class={model.gaps.p99_ms > (model.target_gap_ms ?? Infinity) ? 'warning' : ''}>{gap(model.gaps.p99_ms)}</span>}
                </td>
                <td class="num">{model.target_gap_ms === undefined ? '–' : duration(model.target_gap_ms)}</td>
                {(Object.keys(TIERS) as (keyof typeof TIERS)[]).map((tier) => (
                  <td key={tier}>
                    <Tier name={`${TIERS[tier]} of ${model.id}`} tier={model.caches?.[tier]} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="soft small">
        A gap is the time between two tokens of a stream; new prompts may stretch it to the target. A cache holds prompts that were computed: a hit is a prompt that went on from there.
      </p>
    </section>
  );
}

/** Short gaps with a digit behind the point. */
function gap(millis: number): string {
  return millis < 100 ? `${millis.toFixed(1)} ms` : duration(millis);
}

function Tier({ name, tier }: { name: string; tier: CacheTier | undefined }) {
  if (tier === undefined) return <span class="soft">off</span>;
  return (
    <>
      <span class="small">
        {bytes(tier.bytes)} of {bytes(tier.most_bytes)}
      </span>
      <meter min={0} max={tier.most_bytes} value={tier.bytes} aria-label={name} />
      <small class="soft">{tier.hits === 0 ? 'no hits' : `${count(tier.hits)} ${tier.hits === 1 ? 'hit' : 'hits'}, ${count(tier.hit_tokens)} tokens`}</small>
    </>
  );
}
