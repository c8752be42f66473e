import { render } from 'preact';
import '../lib/theme';
import '../style/base.css';
import '../style/chat.css';
import '../style/markdown.css';
import { App } from './App';
import { start } from './state';
import { Store } from './store';

const host = document.getElementById('app');
if (host !== null) render(<App />, host);

Store.open()
  .catch(() => null) // a private window, for instance: nothing is kept
  .then(start)
  .catch((e: unknown) => console.error(e));
