import { unwatchFile, watch, watchFile } from 'node:fs';

const lookEveryMs = 25;

/** Calls back whenever a file changes, until the returned function is called. */
export function onGrowth(file: string, changed: () => void): () => void {
  try {
    const watcher = watch(file, changed);
    const stopLooking = (): void => {
      unwatchFile(file, changed);
    };
    watcher.on('error', () => watchFile(file, { interval: lookEveryMs }, changed));
    return () => {
      watcher.close();
      stopLooking();
    };
  } catch {
    // the system's watches are used up (inotify limits)
    watchFile(file, { interval: lookEveryMs }, changed);
    return () => {
      unwatchFile(file, changed);
    };
  }
}
