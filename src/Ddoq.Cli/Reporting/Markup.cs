using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace Ddoq.Cli.Reporting;

/// <summary>
/// HTML that is safe by construction: it is made from interpolated strings whose holes are encoded, unless they hold markup themselves.
/// The result is well-formed XML too, so tests can parse it.
/// </summary>
internal readonly record struct Markup(string Text)
{
    public static readonly Markup Nothing = new("");

    /// <summary>Markup with every hole encoded; numbers in the invariant culture.</summary>
    public static Markup Of(FormattableString text) => new(text.ToString(Encoding.Instance));

    /// <summary>Several pieces, one after the other.</summary>
    public static Markup Join<T>(IEnumerable<T> items, Func<T, Markup> render) => new(string.Concat(items.Select(i => render(i).Text)));

    public override string ToString() => Text;

    private sealed class Encoding : IFormatProvider, ICustomFormatter
    {
        public static readonly Encoding Instance = new();
        private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

        public object? GetFormat(Type? formatType) => formatType == typeof(ICustomFormatter) ? this : CultureInfo.InvariantCulture.GetFormat(formatType);

        public string Format(string? format, object? arg, IFormatProvider? provider) => arg switch
        {
            null => "",
            Markup markup => markup.Text,
            IFormattable number => Encoder.Encode(number.ToString(format, CultureInfo.InvariantCulture)),
            _ => Encoder.Encode(Printable(arg.ToString()!)),
        };

        // Characters that neither HTML nor XML can hold, even encoded.
        private static string Printable(string text)
        {
            var printable = new StringBuilder(text.Length);
            foreach (var rune in text.EnumerateRunes())
                printable.Append(Rune.IsControl(rune) || (rune.Value & 0xFFFE) == 0xFFFE ? "\uFFFD" : rune.ToString());
            return printable.ToString();
        }
    }
}
