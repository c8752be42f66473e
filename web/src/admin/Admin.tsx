import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { endpoint } from '../lib/api';
import { explain } from '../lib/failure';
import { apiKey } from '../lib/key';
import { Connect } from '../ui/Connect';
import { Icon, Owl } from '../ui/Icon';
import { KeyDialog } from '../ui/KeyDialog';
import { ThemeButton } from '../ui/ThemeButton';
import { Batches } from './Batches';
import { DoctorPanel } from './DoctorPanel';
import { Keys } from './Keys';
import { KeptResponses } from './KeptResponses';
import { Overview } from './Overview';
import { Requests } from './Requests';
import { connection, failure, listen, lookAtVersion, ownPort, serverVersion, status } from './state';
import { Usage } from './Usage';

const TABS = {
  now: 'Now', requests: 'Requests', batches: 'Batches', responses: 'Responses', keys: 'Keys', usage: 'Usage', doctor: 'Doctor', connect: 'Connect',
} as const;
type Tab = keyof typeof TABS;

const asksForKey = signal(false);
const tab = signal<Tab>(read());

function read(): Tab {
  const name = location.hash.slice(1);
  return name in TABS ? (name as Tab) : 'now';
}

export function Admin() {
  useEffect(() => {
    if (apiKey.value === '') asksForKey.value = true;
    else listen();
    void lookAtVersion();
    const onHash = () => {
      tab.value = read();
    };
    addEventListener('hashchange', onHash);
    return () => removeEventListener('hashchange', onHash);
  }, []);
  const why = failure.value === null ? null : explain(failure.value);
  const chat = status.value?.models.find((model) => model.roles?.includes('chat'));
  return (
    <div class="admin-page">
      <header class="admin-bar">
        <a class="home" href="./" title="Chat">
          <Owl />
          <strong>Gufo</strong>
          {serverVersion.value !== '' && <small class="soft">{serverVersion.value}</small>}
        </a>
        <nav aria-label="Operation">
          {(Object.keys(TABS) as Tab[]).map((name) => (
            <a key={name} href={`#${name}`} aria-current={tab.value === name ? 'page' : undefined}>
              {TABS[name]}
            </a>
          ))}
        </nav>
        <span class="spring" />
        <span class={`live${connection.value === 'live' ? ' on' : ''}`} role="status">
          {connection.value === 'live' ? 'live' : connection.value === 'lost' ? 'not connected' : 'connecting'}
        </span>
        <button type="button" class="quiet icon" title="API key" aria-label="API key" onClick={() => { asksForKey.value = true; }}>
          <Icon name="key" />
        </button>
        <ThemeButton />
      </header>
      <main>
        <h1 class="for-readers">Operation: {TABS[tab.value]}</h1>
        {why !== null && connection.value !== 'live' && (
          <div class="problem" role="alert">
            <Icon name="warn" />
            <div>
              <strong>{why.title}</strong>
              <p>{why.text}</p>
              <div class="buttons">
                <button type="button" class="primary" onClick={() => { asksForKey.value = true; }}>Enter a key</button>
                <button type="button" onClick={listen}>Try again</button>
              </div>
            </div>
          </div>
        )}
        {apiKey.value === '' && failure.value === null && (
          <div class="panel hint">
            <p>Operation needs an administrator’s key, so that a page of someone else can’t load models or make keys here.</p>
            <p class="soft">
              On the server, <code>gufo keys create --name me --admin</code> makes one. From then on clients need a key as well.
            </p>
            <button type="button" class="primary" onClick={() => { asksForKey.value = true; }}>Enter a key</button>
          </div>
        )}
        {apiKey.value !== '' && (why === null || status.value !== null) && (
          <>
            {tab.value === 'now' && <Overview />}
            {tab.value === 'requests' && <Requests />}
            {tab.value === 'batches' && <Batches />}
            {tab.value === 'responses' && <KeptResponses />}
            {tab.value === 'keys' && <Keys />}
            {tab.value === 'usage' && <Usage />}
            {tab.value === 'doctor' && <DoctorPanel />}
            {tab.value === 'connect' && (
              <section class="panel">
                <h2>Point a client at this server</h2>
                <Connect base={endpoint('')} model={chat?.id ?? 'MODEL'} from="admin/connect" elsewhere={ownPort.value} />
              </section>
            )}
          </>
        )}
      </main>
      {asksForKey.value && <KeyDialog admin onClose={() => { asksForKey.value = false; }} onKey={listen} />}
    </div>
  );
}
