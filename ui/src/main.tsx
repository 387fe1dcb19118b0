import { render } from 'preact';
import { App } from './app';
import { followTheme } from './parts/theme';
import './styles/tokens.css';
import './styles/base.css';
import './styles/parts.css';

followTheme();
const root = document.getElementById('app');
if (!root) throw new Error('index.html has no #app');
render(<App />, root);
