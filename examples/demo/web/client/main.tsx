import { render, useState } from 'hono/jsx/dom';

import { App } from './app.js';
import { Model } from './model.js';
import { getPractice } from './server.js';

const model = new Model(await getPractice());

function Page() {
  const [, setDrawn] = useState(0);
  model.onChange = () => setDrawn((n) => n + 1);
  return <App model={model} />;
}

const root = document.getElementById('app');
if (root) render(<Page />, root);
