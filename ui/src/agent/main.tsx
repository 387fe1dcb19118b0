import { render } from 'preact';
import { followTheme } from '../parts/theme';
import { AgentPage } from './agent_page';
import '../styles/tokens.css';
import '../styles/base.css';
import '../styles/parts.css';
import '../styles/agent.css';

followTheme();
const root = document.getElementById('app');
if (!root) throw new Error('agent.html has no #app');
render(<AgentPage />, root);
