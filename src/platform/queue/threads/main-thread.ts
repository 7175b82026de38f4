import type { MessagePort } from 'node:worker_threads';
import { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import type { MessageFromThread, MessageToThread } from './messages.ts';

/** The main thread, as a worker thread sees it. */
export const mainThread = {
  send(message: MessageFromThread): void {
    port().postMessage(message);
  },

  /** Calls `receive` for every message; `poll` does so for those that have arrived, while the thread has no pause. */
  listen(receive: (message: MessageToThread) => void): { readonly poll: () => void } {
    port().on('message', receive);
    const poll = (): void => {
      for (let next = nextMessage(); next !== undefined; next = nextMessage()) receive(next);
    };
    return { poll };
  },
};

function nextMessage(): MessageToThread | undefined {
  return receiveMessageOnPort(port())?.message as MessageToThread | undefined;
}

function port(): MessagePort {
  if (parentPort === null) throw new Error('This module is for worker threads');
  return parentPort;
}
