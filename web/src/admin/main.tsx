import { render } from 'preact';
import '../lib/theme';
import '../style/base.css';
import '../style/markdown.css';
import '../style/admin.css';
import { Admin } from './Admin';

const host = document.getElementById('app');
if (host !== null) render(<Admin />, host);
