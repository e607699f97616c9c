/*!
A serialiser for a line of JSON: the bytes of `serde_json` with [`TerminalSafe`](super::TerminalSafe), for a part of the
work.

The names of fields and variants are the program's own, so they are copied without a look; words of the program's own are
handed over as names of variants (`record::Ours`). All other text is looked at once, for what JSON escapes and for what a
terminal would obey, and mostly copied in one piece.
*/

use super::text;
use serde::ser::{self, Error as _, Serialize, Serializer};
use serde_json::Error;
use serde_json::ser::{CompactFormatter, Formatter as _};

/// Appends `value` to `out`: compact, safe to print on a terminal, and without a line feed.
///
/// # Errors
/// If a key of a map is not a text, number or truth value, or a `Serialize` of `value` fails. Then `out` holds a part.
pub fn write(value: &impl Serialize, out: &mut Vec<u8>) -> Result<(), Error> {
    value.serialize(Writer(out))
}

/// Appends one value.
struct Writer<'a>(&'a mut Vec<u8>);

/// Appends the elements of a list or an object, and closes it.
struct Elements<'a> {
    out: &'a mut Vec<u8>,
    /// What comes before the next element: the bracket that opens, or a comma. Written together with the name of a field.
    before: u8,
    close: &'static str,
}

impl<'a> Writer<'a> {
    /// Opens a list or an object.
    #[inline]
    fn open(self, open: u8, close: &'static str) -> Elements<'a> {
        Elements { out: self.0, before: open, close }
    }

    /// Opens `{"variant":` and within it a list or an object.
    fn open_variant(self, variant: &'static str, open: u8, close: &'static str) -> Elements<'a> {
        key(self.0, b'{', variant);
        self.open(open, close)
    }
}

/// The longest name that is put together before it is appended.
const NAME: usize = 28;

/// Appends `before`, the name of a field or a variant, and its colon.
///
/// It is made for every field: where the name is known to the compiler, so is all of it but the first byte, and it is
/// appended at once, with one look for room.
#[inline(always)]
fn key(out: &mut Vec<u8>, before: u8, name: &'static str) {
    debug_assert!(text::is_plain(name), "the name {name:?} of a field or variant must be escaped");
    let mut made = [0; NAME + 4];
    [made[0], made[1]] = [before, b'"'];
    let end = 2 + name.len();
    if let Some(room) = made.get_mut(2..end)
        && name.len() <= NAME
    {
        // Not `copy_from_slice`, which is a call of its own in a build without link-time optimisation.
        room.iter_mut().zip(name.as_bytes()).for_each(|(to, from)| *to = *from);
        if let Some([quote, colon]) = made.get_mut(end..end + 2) {
            [*quote, *colon] = *b"\":";
        }
        out.extend_from_slice(made.get(..end + 2).unwrap_or_default());
    } else {
        long_key(out, before, name);
    }
}

#[cold]
fn long_key(out: &mut Vec<u8>, before: u8, name: &'static str) {
    out.extend_from_slice(&[before, b'"']);
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

impl Elements<'_> {
    #[inline]
    fn separate(&mut self) {
        self.out.push(self.before);
        self.before = b',';
    }

    #[inline]
    fn element(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        self.separate();
        value.serialize(Writer(self.out))
    }

    #[inline(always)]
    fn field(&mut self, name: &'static str, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        key(self.out, self.before, name);
        self.before = b',';
        value.serialize(Writer(self.out))
    }

    #[inline]
    fn close(self) {
        // Nothing was in between.
        if self.before != b',' {
            self.out.push(self.before);
        }
        self.out.extend_from_slice(self.close.as_bytes());
    }
}

/// Methods that append a whole number.
macro_rules! whole_numbers {
    ($($name:ident: $kind:ty;)*) => {
        $(#[inline]
        fn $name(self, value: $kind) -> Result<(), Error> {
            self.0.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
            Ok(())
        })*
    };
}

impl<'a> Serializer for Writer<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Elements<'a>;
    type SerializeTuple = Elements<'a>;
    type SerializeTupleStruct = Elements<'a>;
    type SerializeTupleVariant = Elements<'a>;
    type SerializeMap = Elements<'a>;
    type SerializeStruct = Elements<'a>;
    type SerializeStructVariant = Elements<'a>;

    whole_numbers! {
        serialize_i8: i8;
        serialize_i16: i16;
        serialize_i32: i32;
        serialize_i64: i64;
        serialize_i128: i128;
        serialize_u8: u8;
        serialize_u16: u16;
        serialize_u32: u32;
        serialize_u64: u64;
        serialize_u128: u128;
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.0.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    // Fractions as serde_json writes them, by serde_json.
    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        match value.is_finite() {
            true => CompactFormatter.write_f32(self.0, value).map_err(Error::io),
            false => self.serialize_unit(),
        }
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        match value.is_finite() {
            true => CompactFormatter.write_f64(self.0, value).map_err(Error::io),
            false => self.serialize_unit(),
        }
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), Error> {
        text::write(self.0, value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.0.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Result<(), Error> {
        text::write_ours(self.0, variant);
        Ok(())
    }

    #[inline]
    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _name: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut object = self.open(b'{', "}");
        object.field(variant, value)?;
        object.close();
        Ok(())
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Elements<'a>, Error> {
        Ok(self.open(b'[', "]"))
    }

    fn serialize_tuple(self, _length: usize) -> Result<Elements<'a>, Error> {
        Ok(self.open(b'[', "]"))
    }

    fn serialize_tuple_struct(self, _name: &'static str, _length: usize) -> Result<Elements<'a>, Error> {
        Ok(self.open(b'[', "]"))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Elements<'a>, Error> {
        Ok(self.open_variant(variant, b'[', "]}"))
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Elements<'a>, Error> {
        Ok(self.open(b'{', "}"))
    }

    #[inline]
    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Elements<'a>, Error> {
        Ok(self.open(b'{', "}"))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Elements<'a>, Error> {
        Ok(self.open_variant(variant, b'{', "}}"))
    }
}

/// Implements traits of serde for lists, which differ in the name of the method.
macro_rules! lists {
    ($($list:ident $element:ident;)*) => {
        $(impl ser::$list for Elements<'_> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn $element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
                self.element(value)
            }

            #[inline]
            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        })*
    };
}

/// Implements traits of serde for objects with known fields.
macro_rules! objects {
    ($($object:ident)*) => {
        $(impl ser::$object for Elements<'_> {
            type Ok = ();
            type Error = Error;

            #[inline(always)]
            fn serialize_field<T: ?Sized + Serialize>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
                self.field(name, value)
            }

            #[inline]
            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        })*
    };
}

lists! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

objects! { SerializeStruct SerializeStructVariant }

impl ser::SerializeMap for Elements<'_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), Error> {
        self.separate();
        let begin = self.out.len();
        key.serialize(Writer(self.out))?;
        match self.out.get(begin) {
            Some(b'"') => {}
            // A key that is a number or a truth value is written as a text.
            Some(b'-' | b'0'..=b'9' | b't' | b'f') => {
                self.out.insert(begin, b'"');
                self.out.push(b'"');
            }
            _ => return Err(Error::custom("key must be a string")),
        }
        self.out.push(b':');
        Ok(())
    }

    #[inline]
    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(Writer(self.out))
    }

    #[inline]
    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}
