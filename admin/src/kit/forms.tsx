import { Box, Button, Card, Stack } from '@mui/material';
import type { ReactNode } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { CreateBase, EditBase, Form, SaveButton, useEditContext, useNotify, useRedirect } from 'react-admin';
import type { RaRecord } from 'react-admin';
import { IdempotencyKeys, randomKey } from '../api/idempotency-keys.ts';
import { Pending } from './list-page.tsx';
import { Page } from './page.tsx';
import { ProblemAlert } from './problem-alert.tsx';

interface FormPageProps {
  readonly title: string;
  readonly parents: readonly { readonly label: string; readonly to: string }[];
  readonly resource: string;
  /** Shown after it was saved. */
  readonly done: string;
  /** Where to go then, from the saved record. */
  readonly next: (record: RaRecord) => string;
  /** Inputs whose sources are members of the body. */
  readonly children: ReactNode;
}

/** What the forms of both kinds do with the result: one set of keys for each form. */
function useSaving({ done, next }: Pick<FormPageProps, 'done' | 'next'>): Saving {
  const [keys] = useState(() => new IdempotencyKeys());
  const [error, setError] = useState<unknown>();
  const notify = useNotify();
  const redirect = useRedirect();
  const queryClient = useQueryClient();
  const mutationOptions = {
    meta: { keys },
    onSuccess: (record: RaRecord) => {
      setError(undefined);
      void queryClient.invalidateQueries();
      notify(done, { type: 'success' });
      redirect(next(record));
    },
    onError: (failure: unknown) => {
      setError(failure);
    },
  };
  return { error, mutationOptions };
}

interface Saving {
  readonly error: unknown;
  readonly mutationOptions: object;
}

interface CreatePageProps extends FormPageProps {
  readonly saveLabel: string;
  readonly defaultValues?: object;
  /** The body of the request, from the values of the inputs. */
  readonly transform?: (values: Record<string, unknown>) => object;
}

/** Creates a resource. */
export function CreatePage({
  title,
  parents,
  resource,
  saveLabel,
  defaultValues,
  transform,
  ...rest
}: CreatePageProps): ReactNode {
  const { error, mutationOptions } = useSaving(rest);
  return (
    <Page title={title} parents={parents}>
      <CreateBase resource={resource} mutationOptions={mutationOptions} {...(transform && { transform })}>
        <FormCard
          error={error}
          saveLabel={saveLabel}
          cancelTo={parents.at(-1)?.to ?? '/'}
          defaultValues={defaultValues}
        >
          {rest.children}
        </FormCard>
      </CreateBase>
    </Page>
  );
}

interface EditPageProps extends FormPageProps, Pick<CreatePageProps, 'transform'> {
  readonly id: string;
}

/** Edits the resource whose id is in the path. It saves what changed, if the resource is still what was shown. */
export function EditPage({ title, parents, resource, id, transform, ...rest }: EditPageProps): ReactNode {
  const { error, mutationOptions } = useSaving(rest);
  // Read once and for this form alone: a later version behind the form would replace what the save is conditional on.
  const [form] = useState(randomKey);
  const queryOptions = { meta: { form }, staleTime: Infinity, gcTime: 0, onError: () => undefined };
  return (
    <Page title={title} parents={parents}>
      <EditBase
        resource={resource}
        id={id}
        {...(transform && { transform })}
        mutationMode="pessimistic"
        mutationOptions={mutationOptions}
        queryOptions={queryOptions}
      >
        <EditContent error={error} cancelTo={parents.at(-1)?.to ?? '/'}>
          {rest.children}
        </EditContent>
      </EditBase>
    </Page>
  );
}

interface FormCardProps {
  readonly error: unknown;
  readonly cancelTo: string;
  readonly children: ReactNode;
}

function EditContent({ children, ...props }: FormCardProps): ReactNode {
  const { isPending, error, refetch } = useEditContext();
  if (error !== null || isPending) return <Pending error={error} refetch={refetch} />;
  return (
    <FormCard saveLabel="Save" {...props}>
      {children}
    </FormCard>
  );
}

/** The inputs and buttons of a form, with its failure above them. */
function FormCard({
  error,
  cancelTo,
  saveLabel,
  defaultValues,
  children,
}: FormCardProps & { saveLabel: string; defaultValues?: object | undefined }): ReactNode {
  const redirect = useRedirect();
  return (
    <Form warnWhenUnsavedChanges {...(defaultValues && { defaultValues })}>
      <Card variant="outlined" sx={{ p: { xs: 2, sm: 3 }, maxWidth: 640 }}>
        <ProblemAlert error={error} />
        <Stack spacing={2} useFlexGap>
          {children}
        </Stack>
        <Box sx={{ display: 'flex', gap: 1, mt: 3 }}>
          <SaveButton label={saveLabel} icon={<></>} />
          <Button
            onClick={() => {
              redirect(cancelTo);
            }}
          >
            Cancel
          </Button>
        </Box>
      </Card>
    </Form>
  );
}
