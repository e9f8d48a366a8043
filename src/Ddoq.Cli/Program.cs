Console.WriteLine("ddoq");
