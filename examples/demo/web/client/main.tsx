import { render } from 'hono/jsx/dom';

import { App } from './app.js';
import { getPractice } from './server.js';

const root = document.getElementById('app');
const practice = await getPractice();
if (root) render(<App practice={practice} />, root);
