import { useEffect, useState } from 'preact/hooks';
import { bytes, count, when } from '../lib/format';
import { type Doctor, doctor } from './state';

/** What `gufo doctor` finds on this machine: problems with their remedies, libraries and devices. */
export function DoctorPanel() {
  const [told, setTold] = useState<Doctor | null>(null);
  const [problem, setProblem] = useState('');
  const look = (anew: boolean) => {
    doctor(anew).then(
      (now) => {
        setTold(now);
        setProblem(now.problem ?? '');
      },
      (e: Error) => setProblem(e.message),
    );
  };
  useEffect(() => look(false), []);
  useEffect(() => {
    if (told?.examining !== true) return undefined;
    const timer = setTimeout(() => look(false), 1000);
    return () => clearTimeout(timer);
  }, [told]);
  const found = told?.findings;
  return (
    <section class="panel">
      <header class="panel-head">
        <h2>Doctor</h2>
        {told?.examined_at !== undefined && <span class="soft small">looked at {when(told.examined_at * 1000)}</span>}
        <button type="button" disabled={told === null || told.examining} onClick={() => look(true)}>
          {told?.examining === true ? 'Looking …' : 'Look again'}
        </button>
      </header>
      {problem !== '' && <p class="warning" role="alert">{problem}</p>}
      {told !== null && (
        <p>
          Gufo {told.version}, made for llama.cpp {told.llama_cpp}.{' '}
          <span role="status">
            {found === undefined ? (told.examining ? 'Libraries and devices are being looked at.' : '') : found.serves ? 'Serving works.' : 'Serving would not work.'}
          </span>
        </p>
      )}
      {found !== undefined && (
        <>
          {found.problems.length === 0 ? (
            <p class="soft">No problems were found.</p>
          ) : (
            <ul class="findings" aria-label="Problems">
              {found.problems.map((text) => <li key={text}>{text}</li>)}
            </ul>
          )}
          <dl class="facts">
            <Fact name="Java" value={found.java} />
            <Fact name="Platform" value={found.platform} />
            <Fact name="Driver" value={found.nvidia_driver === '' ? 'no NVIDIA driver' : `NVIDIA ${found.nvidia_driver}`} />
            {found.chosen !== undefined && <Fact name="Chosen" value={`${found.chosen.backend}: ${found.chosen.reason}`} />}
            {found.cpu_backend !== null && <Fact name="CPU code" value={found.cpu_backend} />}
          </dl>
          {found.devices.length > 0 && (
            <div class="scroll" tabIndex={0} role="region" aria-label="Devices">
              <table>
                <thead>
                  <tr>
                    <th>Device</th>
                    <th class="num">Free</th>
                    <th class="num">Memory</th>
                  </tr>
                </thead>
                <tbody>
                  {found.devices.map((device) => (
                    <tr key={device.name}>
                      <th scope="row">
                        {device.name} <small class="soft">{device.description}</small>
                      </th>
                      <td class="num">{bytes(device.free_bytes)}</td>
                      <td class="num">
                        {bytes(device.total_bytes)}
                        {device.in_main_memory ? ' of main memory' : ''}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
          {found.libraries.map((set) => (
            <details key={set.folder} class="libraries">
              <summary>
                Libraries for {set.backend} {set.version}, {count(set.files.length)} files, {LOCKS[set.lock] ?? set.lock}
              </summary>
              <p class="soft small">{set.folder}</p>
              <ul>
                {set.files.map((file) => (
                  <li key={file.name}>
                    {file.name} <span class="soft">{bytes(file.bytes)}</span> <code class="small">{file.sha256}</code>
                  </li>
                ))}
              </ul>
            </details>
          ))}
        </>
      )}
    </section>
  );
}

const LOCKS: Record<string, string> = { matches: 'as the lock file pins them', differs: 'other than the lock file pins', unknown: 'not installed by npm' };

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
