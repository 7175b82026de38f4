import { Alert, AlertTitle, Button } from '@mui/material';
import type { ReactNode } from 'react';
import { Component } from 'react';

interface State {
  readonly error: Error | undefined;
}

/** Shows the error of a screen in its place: menu and other screens stay usable. */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: undefined };

  static getDerivedStateFromError(this: void, error: Error): State {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    const reload = (
      <Button
        color="inherit"
        onClick={() => {
          location.reload();
        }}
      >
        Reload
      </Button>
    );
    return (
      <Alert severity="error" action={reload}>
        <AlertTitle>This page could not be shown</AlertTitle>
        {error.message}
      </Alert>
    );
  }
}
