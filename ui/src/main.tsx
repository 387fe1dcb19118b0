import { render } from 'preact';
import { App } from './app';
import { applyTheme, rememberedTheme } from './parts/theme';
import './styles/tokens.css';
import './styles/base.css';
import './styles/parts.css';

applyTheme(rememberedTheme());
const root = document.getElementById('app');
if (!root) throw new Error('index.html has no #app');
render(<App />, root);
