import { Box, Stack } from '@mui/material';
import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { Form, SaveButton, TextInput, useNotify } from 'react-admin';
import { patch } from '../api/conditional-writes.ts';
import { IdempotencyKeys, toApiError } from '../api/index.ts';
import { changedFields } from '../api/records.ts';
import { Facts, Muted, ProblemAlert, Section, TimeText, timeZones } from '../kit/index.ts';
import { ChoiceInput } from './choice-input.tsx';
import type { Me } from './me.ts';

/** How the user is addressed; emails are in this language, with times in this zone. */
export function ProfileTab({ me }: { me: Me }): ReactNode {
  return (
    <>
      <Section title="Profile">
        <ProfileForm me={me} />
      </Section>
      <Section title="Account">
        <Facts
          values={{
            Email: me.email,
            Roles: me.roles.length === 0 ? <Muted>none</Muted> : me.roles.join(', '),
            Permissions: me.permissions.length === 0 ? <Muted>own account only</Muted> : me.permissions.join(', '),
            Created: <TimeText value={me.createdAt} />,
            Updated: <TimeText value={me.updatedAt} />,
          }}
        />
      </Section>
    </>
  );
}

function ProfileForm({ me }: { me: Me }): ReactNode {
  const [keys] = useState(() => new IdempotencyKeys());
  const [error, setError] = useState<unknown>();
  // The version that the form was opened with: a change by another tab must not be overwritten unseen.
  const [before, setBefore] = useState(me);
  const notify = useNotify();
  const queryClient = useQueryClient();

  const save = async (values: object): Promise<unknown> => {
    setError(undefined);
    try {
      const { displayName, locale, timezone } = values as Me;
      const changes = changedFields({ displayName: displayName ?? null, locale, timezone }, before);
      if (Object.keys(changes).length > 0) setBefore((await patch({ path: 'users/me', before, changes, keys })) as Me);
      notify('Your profile was saved', { type: 'success' });
      await queryClient.invalidateQueries();
      return undefined;
    } catch (failure) {
      setError(failure);
      return toApiError(failure).body.errors;
    }
  };
  return (
    <Form record={before} onSubmit={save} warnWhenUnsavedChanges>
      <ProblemAlert error={error} />
      <Stack sx={{ maxWidth: 480, gap: 2 }}>
        <TextInput source="displayName" label="Name" autoComplete="name" helperText="At most 80 characters" />
        <ChoiceInput source="locale" label="Language" choices={languageChoices(before.locale)} />
        <ChoiceInput source="timezone" label="Time zone" choices={zoneChoices(before.timezone)} />
      </Stack>
      <Box sx={{ mt: 3 }}>
        <SaveButton label="Save" icon={<></>} alwaysEnable />
      </Box>
    </Form>
  );
}

const languages = ['en', 'en-GB', 'en-US', 'de', 'de-AT', 'de-CH', 'de-DE'];
const languageNames = new Intl.DisplayNames('en', { type: 'language' });

function languageChoices(current: string): readonly { readonly id: string; readonly name: string }[] {
  return [...new Set([current, ...languages])].sort().map((id) => ({ id, name: languageNames.of(id) ?? id }));
}

function zoneChoices(current: string): readonly { readonly id: string; readonly name: string }[] {
  const zones = timeZones.includes(current) ? timeZones : [current, ...timeZones];
  return zones.map((id) => ({
    id,
    name: id.replaceAll('_', ' '),
  }));
}
