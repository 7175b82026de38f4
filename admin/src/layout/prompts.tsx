import type { ReactNode } from 'react';
import { useSyncExternalStore } from 'react';
import { currentPrompt, subscribe } from '../api/prompts.ts';
import { SessionEndedDialog } from '../auth/session-ended-dialog.tsx';
import { StepUpDialog } from '../auth/step-up-dialog.tsx';
import { ConflictDialog } from './conflict-dialog.tsx';
import { RetryDialog } from './retry-dialog.tsx';

/** Shows what a request waits for (api/prompts.ts), one dialog after another. */
export function Prompts(): ReactNode {
  const prompt = useSyncExternalStore(subscribe, currentPrompt);
  switch (prompt?.kind) {
    case undefined:
      return null;
    case 'login':
      return <SessionEndedDialog onClose={prompt.resolve} />;
    case 'step-up':
      return <StepUpDialog onClose={prompt.resolve} />;
    case 'retry':
      return <RetryDialog error={prompt.error} onClose={prompt.resolve} />;
    case 'conflict':
      return <ConflictDialog conflicts={prompt.conflicts} onClose={prompt.resolve} />;
  }
}
