import { Refusal } from './refusal';

const PAUSES_MS = [1000, 3000, 6000];

/** Asks again a few times where the network or the server may be back in a moment. */
export async function patiently<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (const pause of PAUSES_MS) {
    try {
      return await ask();
    } catch (cause) {
      if (!Refusal.of(cause).repeatable) throw cause;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return ask();
}
