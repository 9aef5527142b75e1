//! A [`Ui`] that writes into memory, for tests.

use super::*;

impl Ui {
    /// Writes into memory, without colour, at no terminal.
    pub(crate) fn for_test(volume: Volume, clock: Arc<dyn Clock>) -> (Self, Captured) {
        let captured = Captured::default();
        let streams = Streams {
            input: Box::new(io::empty()),
            output: Box::new(captured.output.clone()),
            error: Box::new(captured.error.clone()),
            bar: None,
            output_has_reader: true,
        };
        let terminals = Terminals { input: false, error: false };
        let paint = Paint::new(ColourMode::Never, false, None);
        let streams = Mutex::new(streams);
        (Self { volume, terminals, paint, paint_data: paint, clock, streams }, captured)
    }
}

/// What a [`Ui::for_test`] wrote.
#[derive(Debug, Default)]
pub(crate) struct Captured {
    output: Memory,
    error: Memory,
}

impl Captured {
    /// The data so far.
    pub(crate) fn output(&self) -> String {
        self.output.text()
    }

    /// The talk so far.
    pub(crate) fn error(&self) -> String {
        self.error.text()
    }
}

#[derive(Debug, Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
