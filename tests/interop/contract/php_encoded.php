<?php
// encoded.wsdl served by PHP's SoapServer, which writes an object that occurs twice once, and refers to it.

class Encoded
{
    public function echoStrings($value)
    {
        return $value;
    }

    public function echoBean($value)
    {
        return $value;
    }

    public function repeat($value, $times)
    {
        return $times === 0 ? [] : array_fill(0, $times, $value);
    }

    public function twice($value)
    {
        return (object) ['left' => $value, 'right' => $value];
    }
}

if ($_SERVER['REQUEST_METHOD'] === 'GET') {
    echo 'ready';
    return;
}

$server = new SoapServer(__DIR__ . '/encoded.wsdl', ['cache_wsdl' => WSDL_CACHE_NONE]);
$server->setObject(new Encoded());
$server->handle();
