import { err, ResultAsync } from 'neverthrow';

/** A request that fails before anything was asked. */
export function failed<E>(error: E): ResultAsync<never, E> {
  return new ResultAsync(Promise.resolve(err(error)));
}
