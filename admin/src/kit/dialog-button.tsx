import { Button } from '@mui/material';
import type { ButtonProps } from '@mui/material';
import type { ReactNode } from 'react';
import { useState } from 'react';

interface DialogButtonProps extends Pick<ButtonProps, 'startIcon'> {
  readonly label: string;
  /** Renders the dialog while it is open. */
  readonly children: (close: () => void) => ReactNode;
}

/** A button that opens a dialog. */
export function DialogButton({ label, startIcon, children }: DialogButtonProps): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const open = (): void => {
    setOpen(true);
  };
  const close = (): void => {
    setOpen(false);
  };
  return (
    <>
      <Button variant="outlined" style={{ flex: '0 0 auto' }} startIcon={startIcon} onClick={open}>
        {label}
      </Button>
      {isOpen && children(close)}
    </>
  );
}
