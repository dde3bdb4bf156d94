import { TcpProxy } from '../../src/testing/index.js';
import { IMAGES, RECIPES, VARIABLES } from './images.js';
import { run } from './process.js';
import { say, type ImagedKind, type SharedServer } from './shared.js';

const START_MS = 120_000;

/** An image that is not here may have to be fetched first, which takes as long as it takes. */
async function startImage(kind: ImagedKind, image: string): Promise<SharedServer> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const { environment, command, port, ready, url } = RECIPES[kind];
  const container = await new GenericContainer(image)
    .withEnvironment({ ...environment })
    .withCommand([...command])
    .withExposedPorts(port)
    .withWaitStrategy(Wait.forLogMessage(ready.says, ready.times))
    .withStartupTimeout(START_MS)
    .start();
  // Where we are in a container ourselves, it is not on loopback, and to elsewhere nothing goes without TLS.
  const road = await TcpProxy.listen({ host: container.getHost(), port: container.getMappedPort(port) });
  return {
    url: url(`127.0.0.1:${String(road.port)}`),
    stop: async () => {
      await road.close();
      await container.stop();
    },
  };
}

/**
 * A server in a container. `undefined` where none is to be had, so that the next way is tried; but whoever names an image in the
 * environment wants that one, and hears why not.
 */
export async function startInDocker(kind: ImagedKind): Promise<SharedServer | undefined> {
  const named = process.env[VARIABLES[kind].image];
  const image = named ?? IMAGES[kind][0];
  try {
    await run('docker', ['info'], { timeout: 5_000 });
  } catch (error) {
    if (named === undefined) return undefined;
    throw new Error(`${VARIABLES[kind].image} is set, and no Docker engine answers.`, { cause: error });
  }
  try {
    return say(kind, `Docker, ${image}`, await startImage(kind, image));
  } catch (error) {
    if (named !== undefined) throw error;
    process.stderr.write(`${kind} for tests: the image ${image} is not to be had\n`);
    return undefined;
  }
}
