namespace Ddoq.Cli.Reporting;

/// <summary>The frame of every page: it stands alone, with no script, no font, no image or style from elsewhere.</summary>
internal static class ReportPage
{
    public static Markup Render(string title, Markup content) => Markup.Of($"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'" />
        <title>{title}</title>
        <style>
        {new Markup(ReportStyle.Css)}
        </style>
        </head>
        <body>
        <main>
        {content}
        </main>
        </body>
        </html>

        """);
}
