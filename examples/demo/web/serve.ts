import type { AddressInfo } from 'node:net';

import { serve } from '@hono/node-server';

import { loadAssets } from './assets.js';
import { routes } from './routes.js';
import { Scene, type SceneOptions } from './scene.js';

export interface LivePage {
  readonly url: string;
  readonly scene: Scene;
  close(): Promise<void>;
}

/** Serves the live page on loopback until it is closed. `port` 0: any. `undefined` where there is no server of the engine. */
export async function openLivePage(options: SceneOptions & { readonly port: number }): Promise<LivePage | undefined> {
  const assets = await loadAssets();
  const scene = await Scene.open(options);
  if (!scene) return undefined;
  const server = serve({ fetch: routes(scene, assets).fetch, port: options.port, hostname: '127.0.0.1' });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      if (server.listening) resolve();
      else server.once('listening', resolve);
    });
  } catch (error) {
    await scene.close();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    scene,
    close: async () => {
      // Nobody may ask any more when the desk has gone home.
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
      await scene.close();
    },
  };
}
